using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Copies the visits of people from <c>visit_total</c> to <c>visit_rank</c>, where an index sorts them. A
/// visit changes no index; the ranking changes the index once for all visits since the last pass.
/// </summary>
internal static class PostgresRanking
{
    /// <summary>How many links one transaction reads, and how many of them it changes, at most.</summary>
    private const int MaxRead = 5_000, MaxRanked = 500;

    private const string SelectProgress =
        """
        SELECT ranked_up_to, ranked_up_to > 0
            OR ranked_at NOT BETWEEN clock_timestamp() - $1 AND clock_timestamp() + $1
        FROM list_progress
        """;

    private const string SetDone =
        """
        UPDATE list_progress SET ranked_up_to = $1,
            ranked_at = CASE WHEN $1 = 0 THEN clock_timestamp() ELSE ranked_at END
        """;

    /// <inheritdoc cref="IListIndex.RankAsync"/>
    public static async Task<bool> RankAsync(
        WriteTransaction write, TimeSpan interval, CancellationToken cancellationToken)
    {
        if (!await PostgresListIndex.TryLockAsync(write, cancellationToken)
            || await FindStartAsync(write, interval, cancellationToken) is not { } after)
        {
            return false;
        }

        var (read, changed) = await ReadChangedAsync(write, after, cancellationToken);
        if (changed.Count > 0)
            await StoreAsync(write, changed, cancellationToken);
        var isEnd = read.Count < MaxRead && changed.Count < MaxRanked;
        await using var update = write.CreateCommand(SetDone);
        update.Bind(isEnd ? 0L : read.Last);
        await update.ExecuteNonQueryAsync(cancellationToken);
        return !isEnd;
    }

    private static async Task<long?> FindStartAsync(
        WriteTransaction write, TimeSpan interval, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectProgress);
        select.Bind(interval);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) && row.GetBoolean(1) ? row.GetInt64(0) : null;
    }

    /// <summary>
    /// Leaves out erased links, whose ranks are deleted before their visits, and must not come back.
    /// </summary>
    private const string SelectTotals =
        """
        SELECT t.link_id, t.visits, coalesce(r.visits, 0), link.settings
        FROM (
            SELECT link_id, visits FROM visit_total AS total
            WHERE link_id > $1 AND NOT EXISTS (SELECT FROM erased_link WHERE link_id = total.link_id)
            ORDER BY link_id LIMIT $2) AS t
            LEFT JOIN LATERAL (SELECT visits FROM visit_rank WHERE link_id = t.link_id LIMIT 1) AS r ON true
            LEFT JOIN LATERAL (
                SELECT settings FROM link
                WHERE link.id = t.link_id AND t.visits <> coalesce(r.visits, 0) LIMIT 1) AS link ON true
        ORDER BY t.link_id
        """;

    private static async Task<((int Count, long Last) Read, List<Rank> Changed)> ReadChangedAsync(
        WriteTransaction write, long after, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectTotals);
        select.Bind(after);
        select.Bind(MaxRead);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var (read, changed) = ((Count: 0, Last: after), new List<Rank>());
        while (changed.Count < MaxRanked && await row.ReadAsync(cancellationToken))
        {
            read = (read.Count + 1, row.GetInt64(0));
            if (row.GetInt64(1) != row.GetInt64(2))
                changed.Add(new(read.Last, row.GetInt64(1), TagsOf(row)));
        }

        return (read, changed);
    }

    private static HashSet<string> TagsOf(NpgsqlDataReader row) =>
        TagName.FoldAll(StoredSettings.Read(row.IsDBNull(3) ? null : row.GetString(3)).Tags);

    private const string UpsertRanks =
        """
        INSERT INTO visit_rank (link_id, visits, visited_at)
        SELECT *, clock_timestamp() FROM unnest($1::bigint[], $2::bigint[])
        ON CONFLICT (link_id) DO UPDATE SET visits = excluded.visits, visited_at = excluded.visited_at
        """;

    private const string UpdateTags =
        """
        WITH given AS (
            SELECT lt.tag_id, lt.link_id, lt.visits AS before, g.visits AS now
            FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS g(folded, link_id, visits)
                JOIN tag ON tag.folded = g.folded
                JOIN link_tag AS lt ON lt.tag_id = tag.id AND lt.link_id = g.link_id
        ), updated AS (
            UPDATE link_tag SET visits = given.now FROM given
            WHERE link_tag.tag_id = given.tag_id AND link_tag.link_id = given.link_id
        ), sums AS (
            SELECT tag_id, sum(now - before)::bigint AS more FROM given GROUP BY tag_id
        )
        UPDATE tag SET visits = visits + more FROM sums WHERE tag.id = sums.tag_id
        """;

    private static async Task StoreAsync(
        WriteTransaction write, List<Rank> changed, CancellationToken cancellationToken)
    {
        await using var upsert = write.CreateCommand(UpsertRanks);
        upsert.BindColumn(changed, rank => rank.Link);
        upsert.BindColumn(changed, rank => rank.Visits);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
        List<(string Tag, Rank Rank)> tags =
            [.. changed.SelectMany(rank => rank.Tags.Select(tag => (tag, rank)))];
        if (tags.Count == 0)
            return;
        await using var update = write.CreateCommand(UpdateTags);
        update.BindColumn(tags, entry => entry.Tag);
        update.BindColumn(tags, entry => entry.Rank.Link);
        update.BindColumn(tags, entry => entry.Rank.Visits);
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Rank(long Link, long Visits, HashSet<string> Tags);
}
