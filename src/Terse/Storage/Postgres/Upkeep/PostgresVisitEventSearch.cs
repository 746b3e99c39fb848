using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Searches the links that were stored before the tables of events existed for one whose visits become
/// events. Servers of this version store such links already while the database has the schema of the version
/// before; without a row in <c>visit_event_link</c>, their visits would give no events.
/// </summary>
internal sealed partial class PostgresVisitEventSearch(
    Cluster cluster, TimeProvider time, ILogger<PostgresVisitEventSearch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>The number of links of a step, which take about 10 ms to read.</summary>
    private const int PageSize = 5_000;

    private const int PauseFactor = 4;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(RunAsync, stoppingToken);

    /// <summary>Searches all links that are left, in short transactions.</summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await BackgroundLoop.RepeatAsync(SearchAsync, PauseFactor, time, cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            // The schema of the version before has no events.
        }
    }

    private async Task<bool> SearchAsync(CancellationToken cancellationToken) =>
        await cluster.ReadAsync(
            ConnectionShare.Nodes, Freshness.Latest, 0, IsWorkLeftAsync, cancellationToken)
        && await cluster.WriteAsync(ConnectionShare.Visits, PageSize, SearchAsync, cancellationToken);

    private const string SelectIsWorkLeft = "SELECT EXISTS (SELECT FROM visit_event_search)";

    private static async Task<bool> IsWorkLeftAsync(
        ReadTransaction read, int _, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectIsWorkLeft);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Only one server at a time searches.</summary>
    private const string LockProgress = "SELECT FROM visit_event_search FOR UPDATE SKIP LOCKED";

    private const string SearchPage =
        """
        WITH page AS MATERIALIZED (
            SELECT link.id, link.settings LIKE '%"visitEvents":true%' AS is_opted_in
            FROM visit_event_search AS search CROSS JOIN LATERAL (
                SELECT id, settings FROM link WHERE id > search.done_up_to AND id <= search.last_id
                ORDER BY id LIMIT $1) AS link
        ), found AS (
            INSERT INTO visit_event_link (one) SELECT DISTINCT 1 FROM page WHERE is_opted_in
            ON CONFLICT DO NOTHING
        )
        UPDATE visit_event_search SET done_up_to = CASE
            WHEN EXISTS (SELECT FROM page WHERE is_opted_in) THEN last_id
            ELSE coalesce((SELECT max(id) FROM page), last_id) END
        """;

    private const string DeleteDone = "DELETE FROM visit_event_search WHERE done_up_to >= last_id";

    /// <returns>Whether links are left that this server can search.</returns>
    private static async Task<bool> SearchAsync(
        WriteTransaction write, int pageSize, CancellationToken cancellationToken)
    {
        await using (var locking = write.CreateCommand(LockProgress))
        {
            await using var row = await locking.ExecuteReaderAsync(cancellationToken);
            if (!await row.ReadAsync(cancellationToken))
                return false;
        }

        await PostgresEventTransactions.UseIndexesAsync(write, cancellationToken);
        await using var search = write.CreateCommand(SearchPage);
        search.Bind(pageSize);
        await search.ExecuteNonQueryAsync(cancellationToken);
        await using var delete = write.CreateCommand(DeleteDone);
        return await delete.ExecuteNonQueryAsync(cancellationToken) == 0;
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(
        654,
        LogLevel.Warning,
        "The server cannot search for links whose visits become events; it tries again every 15 s: {Reason}")]
    private partial void LogFailed(string reason);
}
