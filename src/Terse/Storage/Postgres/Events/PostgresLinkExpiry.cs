using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Writes one event for each link that expires, about two seconds after it expires. The table
/// <c>link_expiry</c> stores the expiry time up to which this is done. If a link is stored later with an
/// expiry time before that, a trigger writes its event.
/// </summary>
/// <remarks>
/// No link is missed. A change that this transaction does not see was written after the horizon. If its link
/// expires after the write, a later transaction finds the link. If it expires earlier, the trigger locks
/// <c>link_expiry</c> at the end of its transaction. Either it gets the lock first, and this class sees the
/// link; or it gets the lock later, and writes the event itself.
/// </remarks>
internal sealed partial class PostgresLinkExpiry(
    Cluster cluster, TimeProvider time, ILogger<PostgresLinkExpiry> logger) : BackgroundService
{
    /// <summary>The index, which is built in the background. Before that, no events are written.</summary>
    public static readonly PostgresIndex Index =
        new("link_expires_at", "link", "expires_at, id") { Condition = "WHERE expires_at IS NOT NULL" };

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The maximum number of links of a transaction, because no beat runs meanwhile.</summary>
    private const int MaxLinks = 1_000;

    private bool _hasIndex;

    /// <summary>Writes the events of all links that have expired.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await cluster.ReadAsync(
                    ConnectionShare.Nodes, Freshness.Latest, 0, IsWorkLeftAsync, cancellationToken)
                && await cluster.WriteAsync(ConnectionShare.Visits, 0, ExpireAsync, cancellationToken))
            {
                // The next transaction continues with the next links.
            }
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            // The schema of the version before has no events.
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(RunAsync, stoppingToken);

    private const string SelectHasIndex =
        """
        SELECT EXISTS (
            SELECT FROM pg_index WHERE indexrelid = to_regclass('link_expires_at') AND indisvalid)
        """;

    private const string SelectIsWorkLeft =
        """
        SELECT EXISTS (
            SELECT FROM link_expiry CROSS JOIN horizon CROSS JOIN LATERAL (
                SELECT FROM link
                WHERE (expires_at, id) > (done_up_to, last_id) AND expires_at <= closed_at
                ORDER BY expires_at, id LIMIT 1) AS link)
        """;

    private async Task<bool> IsWorkLeftAsync(
        ReadTransaction read, int _, CancellationToken cancellationToken)
    {
        if (!_hasIndex)
        {
            await using var selectIndex = read.CreateCommand(SelectHasIndex);
            _hasIndex = (bool)(await selectIndex.ExecuteScalarAsync(cancellationToken))!;
            if (!_hasIndex)
                return false;
        }

        await using var select = read.CreateCommand(SelectIsWorkLeft);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Before the lock on the row, as in a transaction that stores a link.</summary>
    private const string LockHorizon = "SELECT horizon_instant()";

    private const string LockProgress = "SELECT FROM link_expiry FOR UPDATE";

    /// <summary>
    /// A link that was deleted before it expired gets its event when it is restored. Erased links never get
    /// one.
    /// </summary>
    private const string InsertEvents =
        """
        WITH due AS MATERIALIZED (
            SELECT link.*
            FROM link_expiry CROSS JOIN horizon CROSS JOIN LATERAL (
                SELECT * FROM link
                WHERE (expires_at, id) > (done_up_to, last_id) AND expires_at <= closed_at
                ORDER BY expires_at, id LIMIT $1) AS link
        ), written AS (
            INSERT INTO event (at, type, subject, link_id, version, data, is_undispatched)
            SELECT (SELECT horizon_instant()), 'link.expired', link_subject(domain, code, later_codes),
                id, version,
                link_end(settings, 'expiresAt', to_jsonb(event_time(expires_at))), (SELECT event_waits())
            FROM due
            WHERE target <> '' AND (deleted_at IS NULL OR deleted_at > expires_at)
            ORDER BY expires_at, id
        )
        UPDATE link_expiry SET done_up_to = d.expires_at, last_id = d.id
        FROM (SELECT expires_at, id FROM due ORDER BY expires_at DESC, id DESC LIMIT 1) AS d
        """;

    /// <summary>Returns whether there were links.</summary>
    private static async Task<bool> ExpireAsync(
        WriteTransaction write, int _, CancellationToken cancellationToken)
    {
        await RunAsync(write, PostgresErasedLinks.Lock, cancellationToken);
        await RunAsync(write, LockHorizon, cancellationToken);
        await RunAsync(write, LockProgress, cancellationToken);
        await PostgresEventTransactions.UseIndexesAsync(write, cancellationToken);
        await using var insert = write.CreateCommand(InsertEvents);
        insert.Bind(MaxLinks);
        return await insert.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    private static async Task RunAsync(
        WriteTransaction write, string statement, CancellationToken cancellationToken)
    {
        await using var command = write.CreateCommand(statement);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message);
    }

    [LoggerMessage(
        653,
        LogLevel.Warning,
        "The events of links that expired cannot be written; the server tries again every second: {Reason}")]
    private partial void LogFailed(string reason);
}
