using Terse.Fleet;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IFleetStore"/>
/// <remarks>
/// The list of servers has at most one entry, the server of this process, because servers on several machines
/// cannot share a SQLite file. So the store keeps the report of the server in memory. The list of database
/// hosts is empty, because SQLite runs inside the Terse server.
/// </remarks>
internal sealed class SqliteFleetStore(TimeProvider time) : IFleetStore
{
    private FleetServer? _server;

    /// <inheritdoc/>
    public IReadOnlyList<FleetHost> Hosts => [];

    /// <inheritdoc/>
    public Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FleetServer>>(
            Volatile.Read(ref _server) is { } server ? [server] : []);

    /// <inheritdoc/>
    public Task<DateTimeOffset> ReportAsync(ServerReport report, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var since = report.Since ?? now;
        Volatile.Write(ref _server, new(
            report.Name,
            report.Node,
            report.Zone,
            report.Version,
            report.Configuration,
            report.MetricsUrl,
            report.SharedConfiguration,
            since.UtcDateTime,
            now.UtcDateTime));
        return Task.FromResult(since);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(ServerReport report, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _server, null);
        return Task.CompletedTask;
    }
}
