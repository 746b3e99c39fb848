using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Counts the visits of links that have a maximum number of visits. One statement takes the visits of all
/// requests that wait, so a popular link costs one commit for many visits. Only one such statement of a Terse
/// server runs at a time, on a connection of its own.
/// </summary>
/// <remarks>
/// A statement adds at most as many visits as the limit of the link leaves. The requests that came first get
/// these visits. A statement whose outcome is unknown is never repeated, so its visits may be used up without
/// a redirect, but no visit exceeds the limit.
/// </remarks>
internal sealed class PostgresVisitLimits : IAsyncDisposable
{
    /// <summary>
    /// How many requests may wait. At 10 ms per commit, all of them get an answer within the time limit.
    /// </summary>
    private const int MaxWaiting = 4_096;

    private readonly Cluster _cluster;
    private readonly TimeProvider _time;
    private readonly Batcher<long, bool> _batcher;

    public PostgresVisitLimits(Cluster cluster, TimeProvider time)
    {
        (_cluster, _time) = (cluster, time);
        _batcher = new("visit-limits", statements: 1, MaxWaiting, TakeAsync);
    }

    /// <inheritdoc cref="ILinkStore.TakeVisitAsync"/>
    public Task<bool> TakeAsync(Link link, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => _batcher.CallAsync(link.Id.ToInt64(), token), _time, cancellationToken);

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    /// <summary>
    /// Uses up visits from the limits of several links, and returns for each link how many of the wanted
    /// visits are allowed. For a link without a row in <c>link_limit</c>, which no longer has a limit, all
    /// are allowed. The rows are locked in the order of their ids, so that the statements of two Terse
    /// servers cannot deadlock. After the lock, the row contains the count that the previous statement
    /// committed.
    /// </summary>
    private const string TakeVisits =
        """
        WITH wanted AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS w(link_id, visits)
        ), locked AS (
            SELECT l.link_id, l.used, least(w.visits, l.max_visits - l.used) AS visits
            FROM wanted AS w JOIN link_limit AS l ON l.link_id = w.link_id
            WHERE l.used < l.max_visits
            ORDER BY l.link_id
            FOR UPDATE OF l
        ), taken AS (
            UPDATE link_limit AS l SET used = l.used + k.visits
            FROM locked AS k WHERE l.link_id = k.link_id
            RETURNING l.link_id, k.visits
        )
        SELECT w.link_id, CASE WHEN l.link_id IS NULL THEN w.visits ELSE coalesce(t.visits, 0) END
        FROM wanted AS w
            LEFT JOIN link_limit AS l ON l.link_id = w.link_id
            LEFT JOIN taken AS t ON t.link_id = w.link_id
        """;

    private async Task<IReadOnlyList<bool>> TakeAsync(IReadOnlyList<long> links)
    {
        var allowed = await _cluster.WriteStatementAsync(
            ConnectionShare.Limits, links, TakeAsync, CancellationToken.None);
        return [.. links.Select(link => allowed[link]-- > 0)];
    }

    private static async Task<Dictionary<long, long>> TakeAsync(
        WriteTransaction write, IReadOnlyList<long> links, CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(TakeVisits);
        var wanted = links.CountBy(link => link).ToList();
        update.BindColumn(wanted, link => link.Key);
        update.BindColumn(wanted, link => (long)link.Value);
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        var allowed = new Dictionary<long, long>();
        while (await row.ReadAsync(cancellationToken))
            allowed.Add(row.GetInt64(0), row.GetInt64(1));
        await row.AwaitCommitAsync(cancellationToken);
        return allowed;
    }
}
