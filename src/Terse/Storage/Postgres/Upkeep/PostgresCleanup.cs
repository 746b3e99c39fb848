using Terse.Fleet;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Deletes the rows of <c>idempotency</c>, <c>link_change</c> and <c>host_lag</c> that are older than their
/// retention time, in the background. No request waits for a deletion.
/// </summary>
/// <remarks>
/// While a transaction keeps an old snapshot open, PostgreSQL cannot remove deleted rows, and a search for
/// the oldest row reads all of them first. So the table <c>cleanup</c> stores how far the rows of each table
/// are deleted, and each deletion begins its search there. The lock on the row in <c>cleanup</c> lets one
/// Terse server at a time delete rows of a table; the others skip their turn.
/// </remarks>
internal sealed partial class PostgresCleanup(
    Cluster cluster, TimeProvider time, ILogger<PostgresCleanup> logger) : BackgroundService
{
    /// <summary>
    /// The maximum number of rows that one transaction deletes. Such a transaction takes a few milliseconds.
    /// </summary>
    public const int MaxRows = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private static readonly List<ExpiringTable> Tables =
    [
        new("idempotency", "created_at", IdempotentRequest.RetentionTime),
        new("link_change", "written_at", TimeSpan.FromDays(1)),
        new("host_lag", "minute", ILagStore.RetentionTime),
    ];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(DeleteExpiredAsync, stoppingToken);

    /// <summary>
    /// Deletes all expired rows of all tables. After each transaction, waits as long as the transaction took,
    /// so that the deletion of many rows leaves half of the time to other statements.
    /// </summary>
    public async Task DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        foreach (var table in Tables)
        {
            var begin = time.GetTimestamp();
            while (await cluster.WriteAsync(
                ConnectionShare.Visits, table, DeleteAsync, cancellationToken) == MaxRows)
            {
                await Task.Delay(time.GetElapsedTime(begin), time, cancellationToken);
                begin = time.GetTimestamp();
            }
        }
    }

    /// <summary>
    /// Locks the row of a table in <c>cleanup</c>. Returns no row if another Terse server has locked it, or
    /// has deleted the expired rows less than 10 s ago. If the clock was set back, the deletion begins at the
    /// new, earlier end, so that rows written since then are deleted when they expire.
    /// </summary>
    private const string Claim =
        """
        SELECT c.until, least(done_up_to, c.until)
        FROM cleanup, (SELECT clock_timestamp() - $2 AS until) AS c
        WHERE table_name = $1
            AND done_up_to NOT BETWEEN c.until - interval '10 s' AND c.until + interval '10 s'
        FOR UPDATE OF cleanup SKIP LOCKED
        """;

    private const string SetDone = "UPDATE cleanup SET done_up_to = $2 WHERE table_name = $1";

    /// <summary>Deletes up to <see cref="MaxRows"/> rows, and returns their number.</summary>
    private static async Task<int> DeleteAsync(
        WriteTransaction write, ExpiringTable table, CancellationToken cancellationToken)
    {
        if (await ClaimAsync(write, table, cancellationToken) is not var (from, until))
            return 0;
        await using (var plan = write.CreateCommand(ScanInOrder))
            await plan.ExecuteNonQueryAsync(cancellationToken);
        var (rows, last) = await DeleteAsync(write, table, (from, until), cancellationToken);
        await using var done = write.CreateCommand(SetDone);
        done.Bind(table.Name);
        done.Bind(rows == MaxRows ? last : until);
        await done.ExecuteNonQueryAsync(cancellationToken);
        return rows;
    }

    private static async Task<(DateTimeOffset From, DateTimeOffset Until)?> ClaimAsync(
        WriteTransaction write, ExpiringTable table, CancellationToken cancellationToken)
    {
        await using var claim = write.CreateCommand(Claim);
        claim.Bind(table.Name);
        claim.Bind(table.RetentionTime);
        await using var row = await claim.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken)
            ? (await row.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken),
                await row.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken))
            : null;
    }

    /// <summary>
    /// Makes PostgreSQL read the index on the time in order and stop after <see cref="MaxRows"/> rows. A scan
    /// of the whole table would also read all deleted rows.
    /// </summary>
    private const string ScanInOrder = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off";

    private static async Task<(int Rows, DateTimeOffset Last)> DeleteAsync(
        WriteTransaction write,
        ExpiringTable table,
        (DateTimeOffset From, DateTimeOffset Until) range,
        CancellationToken cancellationToken)
    {
        await using var delete = write.CreateCommand(table.Delete);
        delete.Bind(range.From);
        delete.Bind(range.Until);
        delete.Bind(MaxRows);
        delete.CommandTimeout = 60; // seconds; the first deletion reads all rows that were deleted before.
        await using var row = await delete.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt32(0), await row.GetFieldValueAsync<DateTimeOffset>(1, cancellationToken));
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(
        650,
        LogLevel.Warning,
        "Expired rows cannot be deleted; the server tries again every 15 s: {Reason}")]
    private partial void LogFailed(string reason);

    /// <param name="Name">The table.</param>
    /// <param name="Column">The column with the time, which has an index.</param>
    /// <param name="RetentionTime">The age at which a row expires.</param>
    private sealed record ExpiringTable(string Name, string Column, TimeSpan RetentionTime)
    {
        /// <summary>
        /// Deletes the oldest rows between two times, inclusive. Returns the number of deleted rows and the
        /// time of the newest of them.
        /// </summary>
        public string Delete { get; } =
            $"""
            WITH deleted AS (
                DELETE FROM {Name} WHERE ctid = ANY (ARRAY(
                    SELECT ctid FROM {Name} WHERE {Column} BETWEEN $1 AND $2
                    ORDER BY {Column} LIMIT $3
                    FOR UPDATE))
                RETURNING {Column} AS at
            )
            SELECT count(*)::integer, coalesce(max(at), $2) FROM deleted
            """;
    }
}
