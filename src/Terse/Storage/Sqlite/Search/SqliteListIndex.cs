using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IListIndex"/>
internal sealed class SqliteListIndex(
    SqliteWriter writer, SqliteReaders readers, ListLimits limits, TimeProvider time) : IListIndex
{
    private const string IsWorkLeft =
        """
        SELECT EXISTS (SELECT 1 FROM unlisted_link)
            OR (SELECT older_than IS NOT NULL FROM list_progress)
        """;

    /// <inheritdoc/>
    public async Task<bool> IndexAsync(CancellationToken cancellationToken) =>
        readers.Run(static (session, _) => (long)session.Command(IsWorkLeft).ExecuteScalar()! == 1, 0)
        && await writer.RunAsync(session => Index(session, limits.SliceLinks), cancellationToken);

    private static bool Index(SqliteSession session, int sliceLinks)
    {
        var links = TakeUnlisted(session) ?? TakeOlder(session);
        if (links is null)
            return false;
        Write(session, new(links, ReadSlices(session, sliceLinks)));
        return true;
    }

    private const string SelectUnlisted =
        "SELECT seq, link_id, old_settings FROM unlisted_link ORDER BY seq LIMIT ?1";

    private const string DeleteUnlisted = "DELETE FROM unlisted_link WHERE seq <= ?1";

    /// <summary>
    /// Takes the next links from the queue. Returns null if the queue is empty. No change can come between
    /// reading and deleting, because the transaction has locked the file for other writers.
    /// </summary>
    private static List<UnlistedLink>? TakeUnlisted(SqliteSession session)
    {
        var queued = new List<(long Id, string? Settings)>();
        var last = 0L;
        using (var row = session.Command(SelectUnlisted, IListIndex.MaxLinks).ExecuteReader())
        {
            while (row.Read())
            {
                last = row.GetInt64(0);
                queued.Add((row.GetInt64(1), row.IsDBNull(2) ? null : row.GetString(2)));
            }
        }

        if (queued.Count == 0)
            return null;
        session.Command(DeleteUnlisted, last).ExecuteNonQuery();
        return [.. from entry in queued
            group entry.Settings by entry.Id into changes
            from link in ReadLinks(session, SelectLink, changes.Key, 1)
            select new UnlistedLink(
                link,
                [.. changes.OfType<string>().Distinct(StringComparer.Ordinal).Select(StoredSettings.Read)],
                IsNew: link.Version == 1)];
    }

    private const string SelectLink =
        $"SELECT {SqliteLinkStore.Columns} FROM link WHERE id = ?1 LIMIT ?2";

    /// <summary>A row with <c>alias_of</c> is no link.</summary>
    private const string SelectOlder =
        $"""
        SELECT {SqliteLinkStore.Columns} FROM link
        WHERE id < ?1 AND alias_of IS NULL ORDER BY id DESC LIMIT ?2
        """;

    private const string SelectProgress = "SELECT older_than FROM list_progress";

    private const string SetOlder = "UPDATE list_progress SET older_than = ?1";

    private static List<UnlistedLink>? TakeOlder(SqliteSession session)
    {
        if (session.Command(SelectProgress).ExecuteScalar() is not long olderThan)
            return null;
        var links = ReadLinks(session, SelectOlder, olderThan, IListIndex.MaxLinks);
        object next = links.Count == 0 ? DBNull.Value : links[^1].Id.ToInt64();
        session.Command(SetOlder, next).ExecuteNonQuery();
        return links.ConvertAll(link => new UnlistedLink(link, [], IsNew: true));
    }

    private static List<Link> ReadLinks(SqliteSession session, string select, long id, int limit)
    {
        using var row = session.Command(select, id, limit).ExecuteReader();
        var links = new List<Link>();
        while (row.Read())
            links.Add(SqliteLinkStore.ReadLink(row));
        return links;
    }

    private const string SelectSlices = "SELECT slice, first_id, last_id, links FROM link_slice";

    private static IndexSlices ReadSlices(SqliteSession session, int sliceLinks)
    {
        var slices = new List<IndexSlice>();
        var row = session.Rows(SelectSlices);
        while (row.Read())
            slices.Add(new(row.Number(0), row.Number(1), row.Number(2), row.Number(3)));
        return new(slices, sliceLinks);
    }

    private const string ReplaceSlice =
        "INSERT OR REPLACE INTO link_slice (slice, first_id, last_id, links) VALUES (?1, ?2, ?3, ?4)";

    private const string ReplaceTerms = "INSERT OR REPLACE INTO link_term (rowid, terms) VALUES (?1, ?2)";

    private const string UpsertHour =
        """
        INSERT INTO created_hour (hour, first_id, last_id) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET
            first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)
        """;

    private static void Write(SqliteSession session, IndexBatch batch)
    {
        var replace = session.Rows(ReplaceTerms);
        foreach (var (link, terms) in batch.Entries)
            replace.With(link).With(terms).Run();
        var replaceSlice = session.Rows(ReplaceSlice);
        foreach (var (number, first, last, count) in batch.Slices)
            replaceSlice.With(number).With(first).With(last).With(count).Run();
        var upsert = session.Rows(UpsertHour);
        foreach (var (hour, first, last) in batch.Hours)
            upsert.With(hour).With(first).With(last).Run();
        AddToSample(session, batch);
        WriteTags(session, batch);
        foreach (var link in batch.Erased)
            session.Command(DeleteRank, link).ExecuteNonQuery();
    }

    private const string DeleteRank = "DELETE FROM visit_rank WHERE link_id = ?1";

    private const string SelectMaxHash =
        "SELECT CASE WHEN count(*) < ?1 THEN 9223372036854775807 ELSE max(hash) END FROM link_sample";

    private const string InsertSampled = "INSERT OR REPLACE INTO link_sample (hash, link_id) VALUES (?1, ?2)";

    private const string DeleteUnsampled =
        "DELETE FROM link_sample WHERE hash > (SELECT hash FROM link_sample ORDER BY hash LIMIT 1 OFFSET ?1)";

    private static void AddToSample(SqliteSession session, IndexBatch batch)
    {
        var maxHash = (long)session.Command(SelectMaxHash, LinkSample.MaxLinks).ExecuteScalar()!;
        var sampled = batch.SampledBelow(maxHash);
        var insert = session.Rows(InsertSampled);
        foreach (var (hash, link) in sampled)
            insert.With(hash).With(link).Run();
        if (sampled.Count > 0)
            session.Command(DeleteUnsampled, LinkSample.MaxLinks - 1).ExecuteNonQuery();
    }

    private const string InsertTag =
        "INSERT INTO tag (folded, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

    private const string InsertLinkTag =
        """
        INSERT INTO link_tag (tag_id, link_id, visits)
        SELECT id, ?2, coalesce((SELECT visits FROM visit_rank WHERE link_id = ?2), 0)
        FROM tag WHERE folded = ?1
        ON CONFLICT DO NOTHING
        """;

    private const string DeleteLinkTag =
        "DELETE FROM link_tag WHERE tag_id = (SELECT id FROM tag WHERE folded = ?1) AND link_id = ?2";

    /// <summary>Triggers update the numbers of the tags.</summary>
    private static void WriteTags(SqliteSession session, IndexBatch batch)
    {
        var (insertTag, insert) = (session.Rows(InsertTag), session.Rows(InsertLinkTag));
        foreach (var (folded, name, link) in batch.Tags)
        {
            insertTag.With(folded).With(name).Run();
            insert.With(folded).With(link).Run();
        }

        var delete = session.Rows(DeleteLinkTag);
        foreach (var (folded, link) in batch.RemovedTags)
            delete.With(folded).With(link).Run();
    }

    /// <inheritdoc/>
    public Task<bool> RankAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return writer.RunAsync(session => Rank(session, now, interval), cancellationToken);
    }

    /// <summary>How many links one transaction reads, and how many of them it changes, at most.</summary>
    private const int MaxRead = 5_000, MaxRanked = 500;

    private const string SelectRanking = "SELECT ranked_up_to, ranked_at FROM list_progress";

    private const string SetRanking = "UPDATE list_progress SET ranked_up_to = ?1, ranked_at = ?2";

    /// <summary>
    /// Leaves out erased links, whose ranks are deleted before their visits, and must not come back.
    /// </summary>
    private const string SelectTotals =
        """
        SELECT t.link_id, t.visits, coalesce(r.visits, 0)
        FROM visit_total AS t LEFT JOIN visit_rank AS r ON r.link_id = t.link_id
        WHERE t.link_id > ?1 AND NOT EXISTS (SELECT 1 FROM erased_link AS e WHERE e.link_id = t.link_id)
        ORDER BY t.link_id LIMIT ?2
        """;

    private static bool Rank(SqliteSession session, DateTimeOffset now, TimeSpan interval)
    {
        var (after, rankedAt) = ReadRanking(session);
        if (after == 0 && Math.Abs(now.ToUnixTimeMilliseconds() - rankedAt) < interval.TotalMilliseconds)
            return false;
        var changed = new List<(long Link, long Visits)>();
        var read = 0;
        var row = session.Rows(SelectTotals).With(after).With(MaxRead);
        while (changed.Count < MaxRanked && row.Read())
        {
            (after, read) = (row.Number(0), read + 1);
            if (row.Number(1) != row.Number(2))
                changed.Add((after, row.Number(1)));
        }

        row.Reset();
        changed.ForEach(rank => SetRank(session, rank.Link, rank.Visits, now));
        var isEnd = read < MaxRead && changed.Count < MaxRanked;
        session.Command(SetRanking, isEnd ? 0 : after, isEnd ? now.ToUnixTimeMilliseconds() : rankedAt)
            .ExecuteNonQuery();
        return !isEnd;
    }

    private static (long UpTo, long At) ReadRanking(SqliteSession session)
    {
        using var row = session.Command(SelectRanking).ExecuteReader();
        row.Read();
        return (row.GetInt64(0), row.GetInt64(1));
    }

    private const string UpsertRank =
        """
        INSERT INTO visit_rank (link_id, visits, visited_at) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET visits = excluded.visits, visited_at = excluded.visited_at
        """;

    private const string UpdateLinkTag =
        """
        UPDATE link_tag SET visits = ?3
        WHERE tag_id = (SELECT id FROM tag WHERE folded = ?1) AND link_id = ?2
        """;

    private static void SetRank(SqliteSession session, long link, long visits, DateTimeOffset now)
    {
        session.Rows(UpsertRank).With(link).With(visits).With(now.ToUnixTimeMilliseconds()).Run();
        foreach (var stored in ReadLinks(session, SelectLink, link, 1))
        {
            foreach (var folded in TagName.FoldAll(stored.Settings.Tags))
                session.Rows(UpdateLinkTag).With(folded).With(link).With(visits).Run();
        }
    }
}
