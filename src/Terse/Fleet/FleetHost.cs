using System.Text.Json.Serialization;

namespace Terse.Fleet;

/// <summary>A database host as this server sees it.</summary>
/// <param name="Name">Its host and port.</param>
/// <param name="Role">What it was when it was reached last.</param>
/// <param name="State">What it is good for now.</param>
/// <param name="Horizon">Up to when it is complete; null where that is unknown.</param>
/// <param name="Lag">
/// Seconds by which that is behind the newest horizon of all hosts; null where it is unknown.
/// </param>
/// <param name="Timeline">Grows with each failover; null where it is unknown.</param>
/// <param name="ReadsInFlight">Reads of this server that are under way on it.</param>
/// <param name="Error">Why the last look at it failed; null where it did not. Holds no secret.</param>
internal sealed record FleetHost(
    string Name,
    FleetHostRole Role,
    FleetHostState State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] DateTime? Horizon,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? Lag,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? Timeline,
    int ReadsInFlight,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Error);
