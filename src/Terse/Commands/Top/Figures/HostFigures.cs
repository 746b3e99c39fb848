using Terse.Fleet;

namespace Terse.Commands;

/// <summary>A database host on the page, as the server that answers sees it.</summary>
/// <param name="Name">The name of the host.</param>
/// <param name="Role">Its role in replication.</param>
/// <param name="State">What the server uses it for.</param>
/// <param name="Lag">By how many seconds it lags; null if unknown.</param>
/// <param name="HorizonAge">
/// How old its horizon is, in seconds: the greatest age that a server measured. Null if unknown.
/// </param>
/// <param name="Reads">How many reads of the server are running on it.</param>
/// <param name="Error">Why the last probe failed; null if it succeeded.</param>
internal sealed record HostFigures(
    string Name,
    FleetHostRole Role,
    FleetHostState State,
    double? Lag,
    double? HorizonAge,
    int Reads,
    string? Error)
{
    public static HostFigures Of(FleetHost host, IEnumerable<Scrape> scrapes) => new(
        host.Name,
        host.Role,
        host.State,
        host.Lag,
        scrapes.Max(scrape => scrape.Max("terse_host_horizon_age_seconds", "terse_host", host.Name)),
        host.ReadsInFlight,
        host.Error);
}
