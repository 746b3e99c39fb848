using System.Text.Json.Serialization;

namespace Terse.Commands;

/// <summary>What the page shows.</summary>
/// <param name="ReadAt">When it was read, by the clock of this machine.</param>
/// <param name="Servers">The servers, sorted by name.</param>
/// <param name="Hosts">The database hosts; empty with SQLite.</param>
/// <param name="Totals">The rates of all servers together; null until one server has rates.</param>
/// <param name="Error">Why the list of servers or hosts is not complete; null if it is.</param>
internal sealed record FleetFigures(
    DateTimeOffset ReadAt,
    IReadOnlyList<ServerFigures> Servers,
    IReadOnlyList<HostFigures> Hosts,
    ServerRates? Totals,
    string? Error);

[JsonSourceGenerationOptions(
    System.Text.Json.JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(FleetFigures))]
internal sealed partial class TopJson : JsonSerializerContext;
