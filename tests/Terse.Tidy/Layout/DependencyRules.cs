using System.Collections.Immutable;
using System.Reflection;
using NetArchTest.Rules;
using AssemblyTypes = NetArchTest.Rules.Types;

namespace Terse.Tidy.Layout;

/// <summary>
/// Checks which room may use which other room. A room is a top-level folder of src/Terse. NetArchTest finds
/// uses in the compiled assembly: in base types, members, method bodies, lambdas and async methods.
/// NetArchTest does not find the use of a constant, because the compiler copies the value of the constant.
/// </summary>
internal static class DependencyRules
{
    /// <summary>What the compiler notes in place of the root of the repository (Directory.Build.props).
    /// </summary>
    private const string CompiledRoot = "/_";

    /// <summary>
    /// A room (a top-level folder of src/Terse) may use only the rooms before it in this list. Cycles between
    /// rooms are therefore impossible.
    /// </summary>
    internal static readonly ImmutableArray<string> Rooms =
    [
        "Hosting", "Web", "Domains", "Access", "Ids", "Codes", "Planning", "Links", "Events", "Visits",
        "Redirects", "Fleet", "Storage", "Commands",
    ];

    /// <summary>
    /// Pairs of rooms (top-level folders of src/Terse). The first room of a pair must not use the second
    /// room, although the second room comes earlier in <see cref="Rooms"/>.
    /// </summary>
    private static readonly ImmutableArray<(string User, string Used)> SeparateRooms =
    [
        ("Visits", "Events"),
        ("Redirects", "Events"),
        ("Fleet", "Events"),
        ("Fleet", "Visits"),
        ("Fleet", "Redirects"),
        ("Storage.Sqlite", "Storage.Postgres"),
        ("Storage.Postgres", "Storage.Sqlite"),
    ];

    /// <summary>
    /// The only type outside the SQLite store and the PostgreSQL store that may use these two stores. This
    /// type registers the store that the settings select.
    /// </summary>
    private const string StoreSelection = "Terse.Storage.StorageSetup";

    /// <summary>
    /// The only type outside the PostgreSQL store that may use Npgsql. This type validates connection strings
    /// with the parser of Npgsql.
    /// </summary>
    private const string ConnectionStringCheck = "Terse.Storage.DatabaseOptionsValidator";

    /// <summary>The namespace of the types that the source generator of MaxMind.Db adds to Terse.</summary>
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

    /// <summary>
    /// Finds uses of ASP.NET Core in the top-level folder <c>Links</c>. Only its sub-folder <c>Links/Api</c>
    /// may use ASP.NET Core, because this sub-folder serves the HTTP requests.
    /// </summary>
    internal static IEnumerable<Finding> HttpInLinks() =>
        Uses(In("Links"), ["Microsoft.AspNetCore"])
            .Where(finding => !finding.Path.StartsWith("src/Terse/Links/Api/", StringComparison.Ordinal));

    /// <summary>Finds uses of a database driver outside the store that owns this driver.</summary>
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
            type.SourceFilePath is { } path ? Path.GetRelativePath(CompiledRoot, path) : type.FullName,
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
