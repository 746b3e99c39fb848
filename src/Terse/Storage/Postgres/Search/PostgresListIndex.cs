using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IListIndex"/>
/// <remarks>
/// An advisory lock lets one Terse server at a time work; the others skip their turn. New links are found by
/// their ids. The horizon says up to which id no link can be missing: every link whose tick ended up to the
/// horizon is visible in the snapshot that shows the horizon.
/// </remarks>
internal sealed class PostgresListIndex(PostgresListTransactions lists, ListLimits limits) : IListIndex
{
    /// <inheritdoc/>
    public Task<bool> IndexAsync(CancellationToken cancellationToken) =>
        lists.WorkAsync(limits.SliceLinks, IndexAsync, cancellationToken);

    /// <summary>
    /// Takes the lock until the end of the transaction. The number of the lock is "LISTINDX" in ASCII. Unlike
    /// the lock of a row, it writes nothing, so that an idle server causes no commits.
    /// </summary>
    private const string TryLock = "SELECT pg_try_advisory_xact_lock(x'4c495354494e4458'::bigint)";

    private const string SelectProgress = "SELECT newer_than, older_than FROM list_progress";

    /// <summary>Tries to take the lock under which only one transaction writes the tables of lists.</summary>
    public static async Task<bool> TryLockAsync(WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var attempt = write.CreateCommand(TryLock);
        return (bool)(await attempt.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<bool> IndexAsync(
        WriteTransaction write, int sliceLinks, CancellationToken cancellationToken)
    {
        if (!await TryLockAsync(write, cancellationToken))
            return false;
        var progress = await ReadProgressAsync(write, cancellationToken);
        if (progress.NewerThan is null && await StartAsync(write, cancellationToken) is { } started)
            progress = started;
        var links = await TakeChangedAsync(write, cancellationToken);
        if (links.Count < IListIndex.MaxLinks)
            links.AddRange(await TakeNewAsync(write, progress, cancellationToken));
        if (links.Count == 0)
            links = await TakeOlderAsync(write, progress, cancellationToken);
        if (links.Count == 0)
            return false;
        var slices = await PostgresIndexSlices.ReadAsync(write, sliceLinks, cancellationToken);
        await PostgresIndexWrites.WriteAsync(write, new(Merge(links), slices), cancellationToken);
        return true;
    }

    private static async Task<Progress> ReadProgressAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectProgress);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return ReadProgress(row);
    }

    /// <summary>A new link that has changed already may have been read twice.</summary>
    private static List<UnlistedLink> Merge(List<UnlistedLink> links) =>
        [.. from unlisted in links
            group unlisted by unlisted.Link.Id into same
            select new UnlistedLink(
                same.MaxBy(unlisted => unlisted.Link.Version)!.Link,
                [.. same.SelectMany(unlisted => unlisted.Earlier)],
                same.Any(unlisted => unlisted.IsNew))];

    /// <summary>
    /// Takes links from the queue. A transaction may commit a smaller number after a greater one, so exactly
    /// the rows that were read are deleted.
    /// </summary>
    private const string TakeChanged =
        """
        WITH taken AS (
            DELETE FROM unlisted_link WHERE seq IN (SELECT seq FROM unlisted_link ORDER BY seq LIMIT $1)
            RETURNING link_id, old_settings
        )
        SELECT link.id, link.domain, link.code, link.target, link.created_at,
            link.version, link.expires_at, link.max_visits, link.deleted_at, link.settings,
            link.later_codes, taken.old_settings
        FROM taken JOIN link ON link.id = taken.link_id
        """;

    private static async Task<List<UnlistedLink>> TakeChangedAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var take = write.CreateCommand(TakeChanged);
        take.Bind(IListIndex.MaxLinks / 2); // The other half is for new links.
        await using var row = await take.ExecuteReaderAsync(cancellationToken);
        var links = new List<UnlistedLink>();
        while (await row.ReadAsync(cancellationToken))
        {
            links.Add(ReadChanged(row));
        }

        return links;
    }

    /// <summary>
    /// Before the first link is indexed, the newest link up to the horizon divides the new links from the
    /// older ones. In an empty database, all links are new.
    /// </summary>
    private const string SelectStart =
        """
        SELECT coalesce(
            (SELECT id FROM (SELECT id, written_at FROM link ORDER BY id DESC LIMIT 10000) AS newest
                WHERE written_at <= (SELECT closed_at FROM horizon) ORDER BY id DESC LIMIT 1),
            CASE WHEN NOT EXISTS (SELECT FROM link) THEN 0 END)
        """;

    private const string SetStart = "UPDATE list_progress SET newer_than = $1, older_than = $1 + 1";

    private static async Task<Progress?> StartAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var start = write.CreateCommand(SelectStart);
        if (await start.ExecuteScalarAsync(cancellationToken) is not long id)
            return null;
        await SetAsync(write, SetStart, id, cancellationToken);
        return new(id, id + 1);
    }

    /// <summary>
    /// Reads new links up to the first one that was written after the horizon. The time of a changed link is
    /// the time of its change, which is later than its tick. A row with <c>alias_of</c> is no link.
    /// </summary>
    private const string SelectNew =
        """
        SELECT id, domain, code, target, created_at, version, expires_at, max_visits, deleted_at, settings,
            later_codes, written_at <= (SELECT closed_at FROM horizon)
        FROM link WHERE id > $1 AND alias_of IS NULL ORDER BY id LIMIT $2
        """;

    private const string SetNewer = "UPDATE list_progress SET newer_than = $1";

    private static async Task<List<UnlistedLink>> TakeNewAsync(
        WriteTransaction write, Progress progress, CancellationToken cancellationToken)
    {
        if (progress.NewerThan is not { } newerThan)
            return [];
        await using var select = write.CreateCommand(SelectNew);
        select.Bind(newerThan);
        select.Bind(IListIndex.MaxLinks);
        var links = new List<UnlistedLink>();
        await using (var row = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken) && row.GetBoolean(11))
                links.Add(new(PostgresLinkLookups.ReadLink(row), [], IsNew: true));
        }

        if (links.Count > 0)
            await SetAsync(write, SetNewer, links[^1].Link.Id.ToInt64(), cancellationToken);
        return links;
    }

    private const string SelectOlder =
        """
        SELECT id, domain, code, target, created_at, version, expires_at, max_visits, deleted_at, settings,
            later_codes
        FROM link WHERE id < $1 AND alias_of IS NULL ORDER BY id DESC LIMIT $2
        """;

    private const string SetOlder = "UPDATE list_progress SET older_than = $1";

    private static async Task<List<UnlistedLink>> TakeOlderAsync(
        WriteTransaction write, Progress progress, CancellationToken cancellationToken)
    {
        if (progress.OlderThan is not { } olderThan)
            return [];
        await using var select = write.CreateCommand(SelectOlder);
        select.Bind(olderThan);
        select.Bind(IListIndex.MaxLinks);
        var links = new List<UnlistedLink>();
        await using (var row = await select.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
                links.Add(new(PostgresLinkLookups.ReadLink(row), [], IsNew: true));
        }

        await SetAsync<long?>(
            write,
            SetOlder,
            links.Count > 0 ? links[^1].Link.Id.ToInt64() : null,
            cancellationToken);
        return links;
    }

    private static async Task SetAsync<T>(
        WriteTransaction write, string sql, T value, CancellationToken cancellationToken)
    {
        await using var update = write.CreateCommand(sql);
        update.Bind(value);
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> RankAsync(TimeSpan interval, CancellationToken cancellationToken) =>
        lists.WorkAsync(interval, PostgresRanking.RankAsync, cancellationToken);

    private static Progress ReadProgress(NpgsqlDataReader row) =>
        new(row.IsDBNull(0) ? null : row.GetInt64(0), row.IsDBNull(1) ? null : row.GetInt64(1));

    private static UnlistedLink ReadChanged(NpgsqlDataReader row) => new(
        PostgresLinkLookups.ReadLink(row),
        row.IsDBNull(11) ? [] : [StoredSettings.Read(row.GetString(11))],
        IsNew: false);

    private sealed record Progress(long? NewerThan, long? OlderThan);
}
