using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Terse.Tidy.Layout;

internal static class ProjectRules
{
    /// <summary>Finds what a project, or the properties that it inherits, takes in beyond its due.</summary>
    internal static IEnumerable<Finding> TooMany(SourceFile project, IReadOnlyCollection<string> allowed) =>
        from reference in References(Parse(project))
        where !allowed.Contains(reference.Name, StringComparer.Ordinal)
        select project.At(reference.Line, $"{reference.Name} is a dependency too many: do without it");

    /// <summary>Finds the namespaces that a project lets into every one of its files.</summary>
    internal static IEnumerable<Finding> GlobalUsings(SourceFile project) =>
        from item in Parse(project).Descendants("Using")
        where item.Attribute("Include") is not null
        select project.At(LineOf(item), "a using for every file: say it where it is used");

    /// <summary>Finds the resources that no project embeds, so that the program lacks them.</summary>
    internal static IEnumerable<Finding> NotEmbedded(
        IEnumerable<string> paths, IReadOnlyCollection<SourceFile> projects) =>
        from path in paths
        where Path.GetExtension(path) is ".sql" or ".html"
        where !projects.Any(project => Embeds(project, path))
        select new Finding(path, 1, "no <EmbeddedResource> includes it: add one, or delete the file");

    private static IEnumerable<(string Name, int Line)> References(XDocument project)
    {
        foreach (var item in project.Descendants())
        {
            var kind = item.Name.LocalName;
            var isReference = kind.EndsWith("Reference", StringComparison.Ordinal);
            if (isReference && !IsAnalyzer(item) && (string?)item.Attribute("Include") is { } include)
                yield return (kind is "ProjectReference" ? ProjectName(include) : include, LineOf(item));
        }

        if ((string?)project.Root!.Attribute("Sdk") is { } sdk and not "Microsoft.NET.Sdk")
            yield return (sdk, 1);
    }

    private static string ProjectName(string path) =>
        Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));

    // What the compiler alone uses does not reach those who use the library.
    private static bool IsAnalyzer(XElement reference) =>
        string.Equals(
            (string?)reference.Attribute("PrivateAssets") ?? (string?)reference.Element("PrivateAssets"),
            "all",
            StringComparison.OrdinalIgnoreCase);

    private static bool Embeds(SourceFile project, string path)
    {
        var folder = project.Path[..(project.Path.LastIndexOf('/') + 1)];
        return path.StartsWith(folder, StringComparison.Ordinal)
            && Parse(project).Descendants("EmbeddedResource")
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

    private static XDocument Parse(SourceFile project) =>
        XDocument.Parse(project.Text, LoadOptions.SetLineInfo);

    private static int LineOf(XElement element) => ((System.Xml.IXmlLineInfo)element).LineNumber;
}
