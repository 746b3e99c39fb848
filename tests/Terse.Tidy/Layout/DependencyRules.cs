using System.Collections.Immutable;
using System.Reflection;
using NetArchTest.Rules;
using AssemblyTypes = NetArchTest.Rules.Types;

namespace Terse.Tidy.Layout;

/// <summary>
/// Which room of the program may use which. NetArchTest reads the compiled assembly: base types, members,
/// method bodies, lambdas and async methods. An inlined constant leaves no trace there.
/// </summary>
internal static class DependencyRules
{
    /// <summary>A room uses rooms that precede it, so no cycle between rooms is possible.</summary>
    internal static readonly ImmutableArray<string> Rooms =
    [
        "Hosting", "Web", "Domains", "Ids", "Codes", "Links", "Visits", "Redirects", "Fleet", "Storage",
        "Commands",
    ];

    /// <summary>Features share no types, except that Redirects records visits.</summary>
    private static readonly ImmutableArray<(string User, string Used)> SeparateRooms =
    [
        ("Fleet", "Visits"),
        ("Fleet", "Redirects"),
        ("Storage.Sqlite", "Storage.Postgres"),
        ("Storage.Postgres", "Storage.Sqlite"),
    ];

    /// <summary>The one type between Storage and its stores: it registers the configured store.</summary>
    private const string StoreSelection = "Terse.Storage.StorageSetup";

    /// <summary>Parses connection strings with Npgsql, to validate the settings.</summary>
    private const string ConnectionStringCheck = "Terse.Storage.DatabaseOptionsValidator";

    /// <summary>The namespace of the types that MaxMind.Db's source generator adds to the program.</summary>
    private const string Generated = "MaxMind.Db.Generated.";

    private static readonly AssemblyTypes Program = AssemblyTypes.InAssembly(Assembly.Load("terse"));

    internal static IEnumerable<Finding> BetweenRooms() =>
    [
        .. Rooms.SelectMany((room, index) => Uses(In(room), [.. Rooms[(index + 1)..].Select(Name)])),
        .. SeparateRooms.SelectMany(pair => Uses(In(pair.User), [Name(pair.Used)])),
        .. Uses(
            In("Storage").And().DoNotResideInNamespaceMatching(Pattern("Storage.(Sqlite|Postgres)")),
            ["Terse.Storage.Sqlite", "Terse.Storage.Postgres"])
            .Where(finding => !IsOf(finding, StoreSelection)),
    ];

    internal static IEnumerable<Finding> OutsideRooms() =>
        from type in Program.GetTypes()
        where type.FullName.Split('.', '/') is not ["Terse", "Program", ..]
        where !type.FullName.StartsWith(Generated, StringComparison.Ordinal)
        where type.FullName.Split('.') is not ["Terse", var room, _, ..] || !Rooms.Contains(room)
        select At(type, "belongs to no room; move it into one, or add the room to DependencyRules");

    internal static IEnumerable<Finding> EmptyRooms() =>
        from room in Rooms
        where !In(room).GetTypes().Any()
        select new Finding($"src/Terse/{room}", 1, "has no types; remove the room from DependencyRules");

    internal static IEnumerable<Finding> UsesOfProgram() =>
        Uses(Program.That().DoNotHaveName("Program"), ["Terse.Program"]);

    /// <summary>Finds HTTP in the rules of links. Only the folder <c>Links/Api</c> serves requests.</summary>
    internal static IEnumerable<Finding> HttpInLinks() =>
        Uses(In("Links"), ["Microsoft.AspNetCore"])
            .Where(finding => !finding.Path.StartsWith("src/Terse/Links/Api/", StringComparison.Ordinal));

    /// <summary>Finds database drivers outside the store that owns them.</summary>
    internal static IEnumerable<Finding> Drivers() =>
    [
        .. Uses(NotIn("Storage.Sqlite"), ["Microsoft.Data.Sqlite", "SQLitePCL"]),
        .. Uses(NotIn("Storage.Postgres"), ["Npgsql", "NpgsqlTypes", "Terse.Horizon"])
            .Where(finding => !IsOf(finding, ConnectionStringCheck)),
        .. Uses(NotIn("Storage"), ["System.Data"]),
    ];

    internal static IEnumerable<Finding> Uses(PredicateList types, string[] forbidden) =>
        from type in types.ShouldNot().HaveDependencyOnAny(forbidden).GetResult().FailingTypes
        select At(type, $"{type.Explanation}; move the code, or pass in an interface of this room");

    private static Finding At(IType type, string text) =>
        new(
            type.SourceFilePath is { } path ? Path.GetRelativePath(Tree.Root, path) : type.FullName,
            1,
            $"{type.FullName}: {text}");

    private static bool IsOf(Finding finding, string type) =>
        finding.Text.StartsWith(type + ":", StringComparison.Ordinal)
        || finding.Text.StartsWith(type + "/", StringComparison.Ordinal);

    private static string Name(string room) => $"Terse.{room}";

    private static PredicateList In(string room) => Program.That().ResideInNamespaceMatching(Pattern(room));

    private static PredicateList NotIn(string room) =>
        Program.That().DoNotResideInNamespaceMatching(Pattern(room));

    private static string Pattern(string room) => $@"^Terse\.{room}(\.|$)";
}
