using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Terse.Tidy.Layout;

public sealed class ResourceTests
{
    [Fact]
    public void Every_sql_file_and_page_is_embedded_in_the_program() =>
        Findings.AssertNone(NotEmbedded(
            Tree.Paths.Where(path => path.StartsWith("src/", StringComparison.Ordinal)),
            [.. Tree.Files.Where(file => file.Has(".csproj"))]));

    [Theory]
    [InlineData("Storage/Sqlite/Migrations/0001.sql", true)]
    [InlineData("Storage/0001.sql", false)]
    [InlineData("Pages/a/b/error.html", true)]
    [InlineData("Pages/error.html", true)]
    [InlineData("Other/error.html", false)]
    [InlineData("Links/Link.cs", true)]
    public void A_resource_that_no_project_embeds_is_found(string path, bool isEmbedded)
    {
        const string Items = """<EmbeddedResource Include="Storage\*\Migrations\*.sql;Pages\**\*.html" />""";
        SourceFile project = new("src/Terse/Terse.csproj", $"<Project>{Items}</Project>");
        Assert.Equal(isEmbedded, !NotEmbedded(["src/Terse/" + path], [project]).Any());
    }

    private static IEnumerable<Finding> NotEmbedded(
        IEnumerable<string> paths, IReadOnlyCollection<SourceFile> projects) =>
        from path in paths
        where Path.GetExtension(path) is ".sql" or ".html"
        where !projects.Any(project => Embeds(project, path))
        select new Finding(path, 1, "no <EmbeddedResource> includes this file: add one, or delete the file");

    private static bool Embeds(SourceFile project, string path)
    {
        var folder = project.Path[..(project.Path.LastIndexOf('/') + 1)];
        return path.StartsWith(folder, StringComparison.Ordinal)
            && XDocument.Parse(project.Text).Descendants("EmbeddedResource")
                .SelectMany(item => ((string?)item.Attribute("Include") ?? "").Split(';'))
                .Any(glob => Matches(glob.Trim().Replace('\\', '/'), path[folder.Length..]));
    }

    private static bool Matches(string glob, string path)
    {
        var pattern = Regex.Escape(glob)
            .Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal)
            .Replace(@"\*", "[^/]*", StringComparison.Ordinal);
        return Regex.IsMatch(path, $"^{pattern}$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
    }
}
