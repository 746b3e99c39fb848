namespace Terse.Tidy.Layout;

public sealed class ProjectTests
{
    [Fact]
    public void Tsid_depends_on_nothing() =>
        Findings.AssertNone(Projects("src/Terse.Tsid/")
            .SelectMany(project => ProjectRules.TooMany(project, [])));

    [Fact]
    public void Horizon_depends_on_npgsql_and_tsid_alone() =>
        Findings.AssertNone(Projects("src/Terse.Horizon/")
            .SelectMany(project => ProjectRules.TooMany(project, ["Npgsql", "Terse.Tsid"])));

    [Fact]
    public void No_project_goes_around_the_rules_with_a_global_using() =>
        Findings.AssertNone(Projects("src/").SelectMany(ProjectRules.GlobalUsings));

    [Fact]
    public void Every_resource_is_embedded() =>
        Findings.AssertNone(ProjectRules.NotEmbedded(
            Tree.Paths.Where(path => path.StartsWith("src/", StringComparison.Ordinal)),
            [.. Projects("src/")]));

    [Theory]
    [InlineData("""<PackageReference Include="Polly" />""")]
    [InlineData("""<ProjectReference Include="..\Terse\Terse.csproj" />""")]
    [InlineData("""<FrameworkReference Include="Microsoft.AspNetCore.App" />""")]
    public void A_dependency_too_many_is_found(string item) =>
        Assert.Equal(2, Assert.Single(ProjectRules.TooMany(Project(item), ["Npgsql", "Terse.Tsid"])).Line);

    [Theory]
    [InlineData("""<PackageReference Include="Npgsql" />""")]
    [InlineData("""<ProjectReference Include="..\Terse.Tsid\Terse.Tsid.csproj" />""")]
    [InlineData("""<PackageReference Include="Meziantou.Analyzer" PrivateAssets="all" />""")]
    [InlineData("""<InternalsVisibleTo Include="Terse.Tests" />""")]
    public void A_dependency_that_is_due_passes(string item) =>
        Assert.Empty(ProjectRules.TooMany(Project(item), ["Npgsql", "Terse.Tsid"]));

    [Fact]
    public void A_project_of_the_web_is_found() =>
        Assert.Single(ProjectRules.TooMany(new("a.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\" />"), []));

    [Fact]
    public void A_using_for_every_file_is_found() =>
        Assert.Single(ProjectRules.GlobalUsings(Project("""<Using Include="Terse.Storage" />""")));

    [Theory]
    [InlineData("Storage/Sqlite/Migrations/0001.sql", true)]
    [InlineData("Storage/0001.sql", false)]
    [InlineData("Pages/a/b/error.html", true)]
    [InlineData("Pages/error.html", true)]
    [InlineData("Other/error.html", false)]
    [InlineData("Links/Link.cs", true)]
    public void A_resource_that_is_not_embedded_is_found(string path, bool isEmbedded)
    {
        const string Items = """<EmbeddedResource Include="Storage\*\Migrations\*.sql;Pages\**\*.html" />""";
        Assert.Equal(isEmbedded, !ProjectRules.NotEmbedded(["src/Terse/" + path], [Project(Items)]).Any());
    }

    private static IEnumerable<SourceFile> Projects(string folder) => Tree.Files.Where(file =>
        (file.Has(".csproj") && file.IsUnder(folder))
        || file.Path is "Directory.Build.props" or "src/Directory.Build.props");

    private static SourceFile Project(string items) =>
        new("src/Terse/Terse.csproj", $"<Project><ItemGroup>\n{items}\n</ItemGroup></Project>");
}
