namespace Terse.Fleet;

/// <summary>The state of a database host as this server sees it.</summary>
/// <param name="Name">The host name or address, and the port.</param>
/// <param name="Role">The role in replication that the last successful probe found.</param>
/// <param name="State">What this server uses the host for.</param>
/// <param name="Horizon">
/// The host contains every write that was committed up to this time; null if the time is unknown.
/// </param>
/// <param name="Lag">
/// By how many seconds the host's horizon is behind the newest horizon of all hosts that follow the current
/// primary; null if unknown, and for all other hosts.
/// </param>
/// <param name="Timeline">
/// The number of the PostgreSQL timeline that the host is on; each failover increases the number. Null if
/// unknown.
/// </param>
/// <param name="ReadsInFlight">How many read queries of this server are running on the host.</param>
/// <param name="Error">
/// Why the last probe of the host or of its pooler failed; null if both succeeded. The text contains no
/// secret.
/// </param>
internal sealed record FleetHost(
    string Name,
    FleetHostRole Role,
    FleetHostState State,
    DateTime? Horizon,
    double? Lag,
    int? Timeline,
    int ReadsInFlight,
    string? Error);
