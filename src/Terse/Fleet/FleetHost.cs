namespace Terse.Fleet;

/// <summary>A database host as this server sees it.</summary>
/// <param name="Name">Host and port.</param>
/// <param name="Role">The role that the last successful probe found.</param>
/// <param name="State">What this server uses the host for now.</param>
/// <param name="Horizon">The instant up to which the host's data is complete; null if unknown.</param>
/// <param name="Lag">
/// How far the host's horizon is behind the newest horizon of all hosts, in seconds; null if unknown.
/// </param>
/// <param name="Timeline">PostgreSQL's timeline, which grows with each failover; null if unknown.</param>
/// <param name="ReadsInFlight">How many reads this server is running on the host.</param>
/// <param name="Error">Why the last probe failed; null if it succeeded. Contains no secret.</param>
internal sealed record FleetHost(
    string Name,
    FleetHostRole Role,
    FleetHostState State,
    DateTime? Horizon,
    double? Lag,
    int? Timeline,
    int ReadsInFlight,
    string? Error);
