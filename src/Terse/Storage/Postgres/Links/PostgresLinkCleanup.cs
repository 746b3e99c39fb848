using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkCleanup"/>
/// <remarks>
/// The only row of <c>link_cleanup</c> says up to which id the links are read. The lock on this row lets one
/// Terse server at a time read a page. If a server fails before it has erased the links of its page, the next
/// pass finds them.
/// </remarks>
internal sealed class PostgresLinkCleanup(Cluster cluster, TimeProvider time) : ILinkCleanup
{
    /// <summary>The number of links in a page, which take about 10 ms to read.</summary>
    private const int PageSize = 5_000;

    /// <summary>The servers' timers are not exact, so a pass may begin a little early.</summary>
    private static readonly TimeSpan MinPause = LinkCleaner.Interval - TimeSpan.FromMinutes(1);

    private const string Claim =
        """
        SELECT last_id FROM link_cleanup
        WHERE last_id > 0 OR done_at < clock_timestamp() - $1
        FOR UPDATE SKIP LOCKED
        """;

    private const string SelectPage =
        """
        WITH page AS MATERIALIZED (
            SELECT id, domain, code, target <> '' AND CASE WHEN deleted_at IS NULL
                THEN expires_at < $3 ELSE deleted_at < $2 END AS is_old
            FROM link WHERE id > $1 ORDER BY id LIMIT $4
        ), whole AS (
            SELECT coalesce(max(id), 0) AS last_id, count(*)::integer AS links FROM page
        )
        SELECT whole.last_id, whole.links, page.domain, page.code
        FROM whole LEFT JOIN page ON page.is_old
        """;

    private const string SetPosition =
        """
        UPDATE link_cleanup SET last_id = $1,
            done_at = CASE WHEN $1 = 0 THEN clock_timestamp() ELSE done_at END
        """;

    /// <inheritdoc/>
    public Task<CleanupPage?> ReadPageAsync(CleanupTimes times, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => cluster.WriteAsync(ConnectionShare.Visits, times, ReadPageAsync, token),
            time,
            cancellationToken);

    private static async Task<CleanupPage?> ReadPageAsync(
        WriteTransaction write, CleanupTimes times, CancellationToken cancellationToken)
    {
        long? after;
        await using (var claim = write.CreateCommand(Claim))
        {
            claim.Bind(MinPause);
            after = (long?)await claim.ExecuteScalarAsync(cancellationToken);
        }

        if (after is null)
            return null;
        var (page, last) = await ReadPageAsync(write, times, after.Value, cancellationToken);
        await using var update = write.CreateCommand(SetPosition);
        update.Bind(page.IsLast ? 0 : last);
        await update.ExecuteNonQueryAsync(cancellationToken);
        return page;
    }

    private static async Task<(CleanupPage Page, long Last)> ReadPageAsync(
        WriteTransaction write, CleanupTimes times, long after, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectPage);
        select.Bind(after);
        select.Bind(times.DeletedBefore);
        select.Bind(times.ExpiredBefore);
        select.Bind(PageSize);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var (old, last, count) = (new List<LinkName>(), 0L, 0);
        while (await row.ReadAsync(cancellationToken))
        {
            (last, count) = (row.GetInt64(0), row.GetInt32(1));
            AddName(row, old);
        }

        return (new(old, IsLast: count < PageSize), last);
    }

    /// <summary>Reads a name; the row has none if no link of the page is old.</summary>
    private static void AddName(NpgsqlDataReader row, List<LinkName> old)
    {
        if (!row.IsDBNull(2))
            old.Add(new(row.GetString(2), row.GetString(3)));
    }
}
