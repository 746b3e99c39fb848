using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Stores changes of links. One shared statement stores all waiting changes, because the trigger
/// <c>link_changed</c> sends notifications: PostgreSQL commits transactions with notifications one after the
/// other, in all databases of a host. If each change had its own transaction, each change would have to wait
/// for the commits of all changes before it.
/// </summary>
/// <remarks>
/// The shared statement skips a link whose row another transaction has locked. So it never waits for a link,
/// two shared statements cannot deadlock, and one locked link does not delay the changes of other links. The
/// updater tries the change of a skipped link again in later statements, until the row is free. The trigger
/// <c>link_limited</c> writes the changed limits. The statement locks their rows before, in the order of
/// their ids, as <see cref="PostgresVisitLimits"/> does; so the two cannot deadlock.
/// </remarks>
internal sealed class PostgresLinkUpdater : IAsyncDisposable
{
    /// <summary>
    /// The maximum number of shared statements that run at the same time. A second statement would only wait
    /// for the commit of the first one, and meanwhile hold the advisory lock that the horizon needs.
    /// </summary>
    private const int Statements = 1;

    /// <summary>The maximum number of changes that wait for a shared statement.</summary>
    private const int MaxWaiting = 1024;

    /// <summary>The time after which the change of a locked link joins another statement.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(20);

    private readonly Cluster _cluster;
    private readonly TimeProvider _time;
    private readonly Batcher<Link, LinkUpdate?> _batcher;

    public PostgresLinkUpdater(Cluster cluster, TimeProvider time)
    {
        (_cluster, _time) = (cluster, time);
        _batcher = new("changes", Statements, MaxWaiting, UpdateAsync);
    }

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    /// <summary>
    /// Replaces a link if the database contains the previous version of the link. Returns the time at which
    /// the change was written, or null if the database does not contain the previous version.
    /// </summary>
    /// <param name="changed">The next version of the link.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait. The caller sets a time limit, because the row may stay locked.
    /// </param>
    public async Task<Moment?> UpdateAsync(Link changed, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await _batcher.CallAsync(changed, cancellationToken) is { } update)
                return update.WrittenAt;
            await Task.Delay(RetryInterval, _time, cancellationToken);
        }
    }

    /// <summary>
    /// The statement does not set <c>written_at</c>, because the trigger <c>horizon_guard</c> sets this
    /// column on every update. If several changes are of the same version of the same link, PostgreSQL stores
    /// one of them.
    /// </summary>
    private const string UpdateLinks =
        """
        WITH given AS (
            SELECT * FROM unnest(
                $1::bigint[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[],
                $6::bigint[], $7::text[], $8::text[])
                WITH ORDINALITY AS g(id, target, version, deleted_at, expires_at, max_visits, settings,
                    later_codes, number)
        ), unlocked AS MATERIALIZED (
            SELECT id, max_visits FROM link WHERE id = ANY ($1) FOR NO KEY UPDATE SKIP LOCKED
        ), limits AS MATERIALIZED (
            SELECT link_id FROM link_limit
            WHERE link_id IN (
                SELECT id FROM given JOIN unlocked USING (id)
                WHERE given.max_visits IS DISTINCT FROM unlocked.max_visits OR given.target = '')
            ORDER BY link_id
            FOR UPDATE
        ), updated AS (
            UPDATE link SET target = given.target, version = given.version, deleted_at = given.deleted_at,
                expires_at = given.expires_at, max_visits = given.max_visits, settings = given.settings,
                later_codes = given.later_codes
            FROM given JOIN unlocked USING (id)
            WHERE link.id = given.id AND link.version = given.version - 1
                AND (SELECT count(*) FROM limits) >= 0 -- locks the limits before the first update
            RETURNING given.number, link.written_at
        )
        SELECT given.number, updated.written_at, horizon_timeline(),
            unlocked.id IS NULL AND EXISTS (SELECT FROM link WHERE link.id = given.id)
        FROM given LEFT JOIN unlocked USING (id) LEFT JOIN updated USING (number)
        """;

    /// <summary>
    /// Stores changes with one statement, and returns one result per change. The result of a change is null
    /// if another transaction has locked the row of the link.
    /// </summary>
    private Task<IReadOnlyList<LinkUpdate?>> UpdateAsync(IReadOnlyList<Link> changes) =>
        _cluster.WriteStatementAsync(
            ConnectionShare.Changes, changes, UpdateAsync, CancellationToken.None);

    private async Task<IReadOnlyList<LinkUpdate?>> UpdateAsync(
        WriteTransaction write, IReadOnlyList<Link> changes, CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(UpdateLinks);
        update.BindColumn(changes, changed => changed.Id.ToInt64());
        update.BindColumn(changes, changed => changed.Target);
        update.BindColumn(changes, changed => changed.Version);
        update.BindColumn(changes, changed => changed.DeletedAt);
        update.BindColumn(changes, changed => changed.ExpiresAt);
        update.BindColumn(changes, changed => changed.MaxVisits);
        update.BindColumn(changes, changed => StoredSettings.Write(changed.Settings));
        update.BindColumn(changes, changed => changed.LaterCodes);
        await using var row = await update.ExecuteReaderAsync(cancellationToken);
        var results = new LinkUpdate?[changes.Count];
        while (await row.ReadAsync(cancellationToken))
            results[row.GetInt64(0) - 1] = ReadUpdate(row);
        await row.AwaitCommitAsync(cancellationToken);
        return results;
    }

    private LinkUpdate? ReadUpdate(NpgsqlDataReader row)
    {
        if (row.IsDBNull(1))
            return row.GetBoolean(3) ? null : LinkUpdate.OtherVersion;
        var generation = _cluster.Primary.GenerationOfWrite(row.GetInt32(2));
        return new LinkUpdate(new Moment(generation, row.GetFieldValue<DateTimeOffset>(1)));
    }
}

/// <summary>The result of a change of a link.</summary>
/// <param name="WrittenAt">
/// When the change was written; null if the database does not contain the previous version of the link.
/// </param>
internal sealed record LinkUpdate(Moment? WrittenAt)
{
    public static LinkUpdate OtherVersion { get; } = new((Moment?)null);
}
