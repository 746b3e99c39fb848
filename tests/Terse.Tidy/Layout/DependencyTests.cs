using System.Reflection;
using System.Text.Json;
using AssemblyTypes = NetArchTest.Rules.Types;

namespace Terse.Tidy.Layout;

public sealed class DependencyTests
{
    [Fact]
    public void A_room_uses_only_rooms_below_it() =>
        Findings.AssertNone(DependencyRules.BetweenRooms());

    [Fact]
    public void Every_type_belongs_to_a_room_and_every_room_has_types()
    {
        Findings.AssertNone(DependencyRules.OutsideRooms());
        Findings.AssertNone(DependencyRules.EmptyRooms());
    }

    [Fact]
    public void No_type_uses_program() =>
        Findings.AssertNone(DependencyRules.UsesOfProgram());

    [Fact]
    public void Links_uses_http_only_in_its_api_folder() =>
        Findings.AssertNone(DependencyRules.HttpInLinks());

    [Fact]
    public void Only_the_stores_use_their_database_driver() =>
        Findings.AssertNone(DependencyRules.Drivers());

    [Theory]
    [InlineData("Terse.Tsid", "")]
    [InlineData("Terse.Horizon", "Npgsql")]
    public void A_library_depends_on_no_other_package_or_project(string library, string packages)
    {
        Assert.Equal(packages, string.Join(' ', DependenciesOf(library)));
        Assert.All(
            Assembly.Load(library).GetReferencedAssemblies(),
            reference => Assert.Matches($"^(System\\..*|{packages})$", reference.Name));
    }

    [Fact]
    public void A_dependency_is_found_wherever_a_type_has_it()
    {
        var types = AssemblyTypes.InAssembly(typeof(DependencyTests).Assembly)
            .That().HaveNameStartingWith("Example");
        var findings = DependencyRules.Uses(types, ["System.UriBuilder"]).ToList();
        Assert.Equal(
            ["ExampleAsync", "ExampleBody", "ExampleGeneric", "ExampleLambda"],
            findings.Select(finding => finding.Text.Split('/', ':')[1]).Order(StringComparer.Ordinal));
        Assert.Contains(
            "tests/Terse.Tidy/Layout/DependencyTests.cs", findings.Select(finding => finding.Path));
    }

    /// <summary>
    /// Returns the names of the packages and projects that a library depends on. A project that uses the
    /// library also gets all these packages and projects.
    /// </summary>
    private static List<string> DependenciesOf(string library)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Terse.Tidy.deps.json");
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        var parts = json.RootElement.GetProperty("targets").EnumerateObject().Single().Value;
        var entry = parts.EnumerateObject()
            .Single(part => part.Name.StartsWith(library + "/", StringComparison.Ordinal));
        return entry.Value.TryGetProperty("dependencies", out var dependencies)
            ? [.. dependencies.EnumerateObject().Select(dependency => dependency.Name)]
            : [];
    }

    internal static class ExampleBody
    {
        internal static string Get() => new UriBuilder("a").Host;
    }

    internal static class ExampleLambda
    {
        internal static Func<string> Get() => () => new UriBuilder("a").Host;
    }

    internal static class ExampleAsync
    {
        internal static async Task<string> Get()
        {
            await Task.Yield();
            return new UriBuilder("a").Host;
        }
    }

    internal static class ExampleGeneric
    {
        internal static int Get() => new List<UriBuilder>().Count;
    }

    internal static class ExampleWithout
    {
        internal static string Get() => "System.UriBuilder";
    }
}
