using Terse.Hosting;

namespace Terse.Fleet;

/// <summary>
/// Stores the list of the running Terse servers, and shows the state of the database hosts.
/// </summary>
internal interface IFleetStore
{
    /// <summary>How long a server stays on the list of servers after its last report.</summary>
    static readonly TimeSpan RetentionTime = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The state of each database host according to the last probes. Reading this property does no I/O.
    /// </summary>
    IReadOnlyList<FleetHost> Hosts { get; }

    /// <summary>
    /// Returns the servers whose last report is younger than <see cref="RetentionTime"/>, sorted by name. The
    /// task completes or fails within 3 seconds.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No database host can be reached.</exception>
    Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores a server's report together with the current time of the store's clock, and removes servers
    /// whose last report is older than <see cref="RetentionTime"/>.
    /// </summary>
    /// <returns>
    /// The time of the server's first report. The server passes this time as <see cref="ServerReport.Since"/>
    /// in its next report.
    /// </returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the report was stored.</exception>
    Task<DateTimeOffset> ReportAsync(ServerReport report, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a server from the list of servers when the server shuts down. Does nothing if a server that
    /// started later has the same name.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the server was removed.</exception>
    Task RemoveAsync(ServerReport report, CancellationToken cancellationToken);
}
