using Microsoft.Data.Sqlite;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ILinkList"/>
internal sealed class SqliteLinkList(SqliteReaders readers) : ILinkList
{
    /// <summary>
    /// Reads listed links. The parameter is a subquery that returns ids of links as <c>link_id</c>; SQLite
    /// runs the subquery first, because of CROSS JOIN.
    /// </summary>
    private static string Select(string ids) =>
        $"""
        SELECT {SqliteLinkStore.Columns}, coalesce(t.visits, 0), coalesce(t.bot_visits, 0),
            coalesce(u.used, 0), coalesce(r.visits, 0), r.visited_at, link.alias_of IS NOT NULL
        FROM ({ids}) AS listed CROSS JOIN link ON link.id = listed.link_id
            LEFT JOIN visit_total AS t ON t.link_id = link.id
            LEFT JOIN link_limit AS u ON u.link_id = link.id
            LEFT JOIN visit_rank AS r ON r.link_id = link.id
        """;

    private static readonly string
        SelectNewest = Select(
            "SELECT id AS link_id FROM link WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3"),
        SelectOldest = Select(
            "SELECT id AS link_id FROM link WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3"),
        SelectNewestTerms = Select(
            """
            SELECT rowid AS link_id FROM link_term
            WHERE link_term MATCH ?4 AND rowid BETWEEN ?1 AND ?2 ORDER BY rowid DESC LIMIT ?3
            """),
        SelectOldestTerms = Select(
            """
            SELECT rowid AS link_id FROM link_term
            WHERE link_term MATCH ?4 AND rowid BETWEEN ?1 AND ?2 ORDER BY rowid LIMIT ?3
            """),
        SelectRanked = Select(
            """
            SELECT link_id FROM visit_rank WHERE (visits, link_id) < (?1, ?2)
            ORDER BY visits DESC, link_id DESC LIMIT ?3
            """),
        SelectOne = Select("SELECT ?1 AS link_id"),
        SelectNamed = Select(
            "SELECT coalesce(alias_of, id) AS link_id FROM link WHERE domain = ?1 AND code = ?2"),
        SelectSampled = Select("SELECT link_id FROM link_sample");

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadAsync(
        ListSource source,
        IdRange range,
        int limit,
        ListFreshness freshness,
        CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Read, (source, range, limit)));

    private static IReadOnlyList<ListedLink> Read(
        SqliteSession session, (ListSource Source, IdRange Range, int Limit) page)
    {
        var (source, range, limit) = page;
        var links = source switch
        {
            ListSource.All => ReadAll(session.Command(
                range.IsDescending ? SelectNewest : SelectOldest, range.First, range.Last, limit)),
            ListSource.Indexed(var terms) => ReadAll(session.Command(
                range.IsDescending ? SelectNewestTerms : SelectOldestTerms,
                range.First,
                range.Last,
                limit,
                Match(terms))),
            ListSource.Tagged(var tags) => ReadTagged(session, tags, range, limit),
            _ => throw new ArgumentOutOfRangeException(nameof(page)),
        };
        links.Sort((one, other) => range.IsDescending
            ? other.Id.CompareTo(one.Id)
            : one.Id.CompareTo(other.Id));
        return links;
    }

    /// <summary>Terms contain only letters, digits and characters outside of ASCII, so no quotes.</summary>
    private static string Match(IReadOnlyList<IndexTerm> terms) =>
        string.Join(" AND ", terms.Select(term => $"\"{term.Text}\"{(term.IsBeginning ? "*" : "")}"));

    private const string SelectNewestOfTag =
        "SELECT link_id FROM link_tag WHERE tag_id = ?1 AND link_id BETWEEN ?2 AND ?3 "
        + "ORDER BY link_id DESC LIMIT ?4";

    private const string SelectOldestOfTag =
        "SELECT link_id FROM link_tag WHERE tag_id = ?1 AND link_id BETWEEN ?2 AND ?3 "
        + "ORDER BY link_id LIMIT ?4";

    /// <summary>Merges the first links of each tag.</summary>
    private static List<ListedLink> ReadTagged(
        SqliteSession session, IReadOnlyList<long> tags, IdRange range, int limit)
    {
        var ids = new List<long>();
        foreach (var tag in tags)
        {
            var row = session.Rows(range.IsDescending ? SelectNewestOfTag : SelectOldestOfTag)
                .With(tag).With(range.First).With(range.Last).With(limit);
            while (row.Read())
                ids.Add(row.Number(0));
        }

        var sorted = ids.Distinct();
        var first = range.IsDescending ? sorted.OrderDescending() : sorted.Order();
        var links = new List<ListedLink>();
        foreach (var id in first.Take(limit))
            links.AddRange(ReadAll(session.Command(SelectOne, id)));
        return links;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadRankedAsync(
        ListPosition before, int limit, ListFreshness freshness, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(ReadRanked, (before, limit)));

    private static IReadOnlyList<ListedLink> ReadRanked(
        SqliteSession session, (ListPosition Before, int Limit) page)
    {
        var links = ReadAll(session.Command(SelectRanked, page.Before.Rank, page.Before.Id, page.Limit));
        links.Sort((one, other) => (other.Rank, other.Id).CompareTo((one.Rank, one.Id)));
        return links;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> FindAsync(
        IReadOnlyList<LinkName> names, ListFreshness freshness, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Find, names));

    private static IReadOnlyList<ListedLink> Find(SqliteSession session, IReadOnlyList<LinkName> names) =>
        [.. names.SelectMany(name => ReadAll(session.Command(SelectNamed, name.Domain, name.Code)))];

    private const string SelectTag = "SELECT id, folded, name, links, visits FROM tag WHERE folded = ?1";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Tag>> FindTagsAsync(
        IReadOnlyList<string> folded, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(FindTags, folded));

    private static IReadOnlyList<Tag> FindTags(SqliteSession session, IReadOnlyList<string> folded)
    {
        var tags = new List<Tag>();
        foreach (var name in folded.Distinct(StringComparer.Ordinal))
        {
            using var row = session.Command(SelectTag, name).ExecuteReader();
            if (row.Read())
                tags.Add(ReadTag(row));
        }

        return tags;
    }

    /// <summary>Reads a tag from a row that begins with its id, names and numbers.</summary>
    public static Tag ReadTag(SqliteDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4));

    private const string SelectCreated =
        """
        SELECT min(first_id), max(last_id), (SELECT max(hour) FROM created_hour)
        FROM created_hour WHERE hour BETWEEN ?1 AND ?2
        """;

    /// <inheritdoc/>
    public Task<CreatedIds> FindCreatedAsync(
        long firstHour, long lastHour, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(FindCreated, (firstHour, lastHour)));

    private static CreatedIds FindCreated(SqliteSession session, (long First, long Last) hours)
    {
        using var row = session.Command(SelectCreated, hours.First, hours.Last).ExecuteReader();
        row.Read();
        return new(OrNull(row, 0), OrNull(row, 1), OrNull(row, 2));
    }

    /// <summary>The index is incomplete while older links, or many new or changed links wait.</summary>
    private const string SelectSampleState =
        """
        SELECT (SELECT max(hash) FROM link_sample),
            older_than IS NULL AND coalesce(
                (SELECT max(seq) FROM unlisted_link) - (SELECT min(seq) FROM unlisted_link), 0) <= 2000
        FROM list_progress
        """;

    /// <inheritdoc/>
    public Task<LinkSample> ReadSampleAsync(CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(ReadSample, argument: 0));

    private static LinkSample ReadSample(SqliteSession session, int argument)
    {
        var links = ReadAll(session.Command(SelectSampled));
        using var row = session.Command(SelectSampleState).ExecuteReader();
        row.Read();
        return new(links, OrNull(row, 0) ?? 0, row.GetBoolean(1));
    }

    private static List<ListedLink> ReadAll(SqliteCommand select)
    {
        using var row = select.ExecuteReader();
        var links = new List<ListedLink>();
        while (row.Read())
            links.Add(ReadListed(row));
        return links;
    }

    private static ListedLink ReadListed(SqliteDataReader row) => new(
        SqliteLinkStore.ReadLink(row),
        new(row.GetInt64(11), row.GetInt64(12)),
        row.GetInt64(13),
        row.GetInt64(14),
        OrNull(row, 15) is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
        row.GetBoolean(16));

    private static long? OrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInt64(column);
}
