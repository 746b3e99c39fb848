using Terse.Hosting;

namespace Terse.Fleet;

/// <summary>The list of servers that run, and the state of the database hosts.</summary>
internal interface IFleetStore
{
    /// <summary>How long a server stays on the list after its last report.</summary>
    static readonly TimeSpan RetentionTime = TimeSpan.FromSeconds(60);

    /// <summary>The database hosts as the last probes saw them. Reading the property does no I/O.</summary>
    IReadOnlyList<FleetHost> Hosts { get; }

    /// <summary>
    /// The servers whose last report is younger than <see cref="RetentionTime"/>, by name. Returns or fails
    /// within 3 seconds.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No database host can be read.</exception>
    Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores a server's report under the time of the store's clock, and removes servers whose last report is
    /// older than <see cref="RetentionTime"/>.
    /// </summary>
    /// <returns>
    /// When the server reported first. The server passes it as <see cref="ServerReport.Since"/> next time.
    /// </returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the report was stored.</exception>
    Task<DateTimeOffset> ReportAsync(ServerReport report, CancellationToken cancellationToken);

    /// <summary>Removes a server that shuts down, unless a newer server has the same name.</summary>
    /// <exception cref="StoreUnavailableException">It is unknown whether the server was removed.</exception>
    Task RemoveAsync(ServerReport report, CancellationToken cancellationToken);
}
