using Microsoft.Data.Sqlite;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="ILinkList"/>
internal sealed class SqliteLinkList(SqliteReaders readers) : ILinkList
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadAsync(
        LinkRead read, ListFreshness freshness, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Read, read));

    private static IReadOnlyList<ListedLink> Read(SqliteSession session, LinkRead read)
    {
        var links = read.Source switch
        {
            ListSource.All => SqliteListedLinks.ReadRange(session, read),
            ListSource.Indexed(var terms) => SqliteListedLinks.ReadLinks(
                session, FindIndexed(session, terms, read), read.WithNumbers),
            ListSource.Tagged(var tags) => SqliteListedLinks.ReadLinks(
                session, FindTagged(session, tags, read), read.WithNumbers),
            _ => throw new ArgumentOutOfRangeException(nameof(read)),
        };
        links.Sort((one, other) => read.Range.IsDescending
            ? other.Id.CompareTo(one.Id)
            : one.Id.CompareTo(other.Id));
        return links;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<long, LinkNumbers>> ReadNumbersAsync(
        IReadOnlyList<long> links, ListFreshness freshness, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(SqliteListedLinks.ReadNumbers, links));

    private const string SelectSlices =
        "SELECT slice, first_id, last_id FROM link_slice WHERE first_id <= ?2 AND last_id >= ?1 "
        + "ORDER BY first_id";

    private const string SelectTerms =
        "SELECT rowid FROM link_term WHERE link_term MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid";

    /// <summary>Reads slice after slice, until there are enough links.</summary>
    private static List<long> FindIndexed(
        SqliteSession session, IReadOnlyList<IndexTerm> terms, LinkRead read)
    {
        var (first, last, isDescending) = read.Range;
        var ids = new List<long>();
        var slice = session.Rows(isDescending ? SelectSlices + " DESC" : SelectSlices).With(first).With(last);
        while (ids.Count < read.Limit && slice.Read())
        {
            var row = session.Rows(isDescending ? SelectTerms + " DESC" : SelectTerms)
                .With(Match(terms, IndexSlices.MarkOf(slice.Number(0))))
                .With(Math.Max(first, slice.Number(1)))
                .With(Math.Min(last, slice.Number(2)));
            while (ids.Count < read.Limit && row.Read())
                ids.Add(row.Number(0));
            row.Reset();
        }

        slice.Reset();
        return ids;
    }

    /// <summary>Terms contain only letters, digits and characters outside of ASCII, so no quotes.</summary>
    private static string Match(IReadOnlyList<IndexTerm> terms, char mark) => string.Join(
        " AND ", terms.Select(term => $"\"{mark}{term.Text}\"{(term.IsBeginning ? "*" : "")}"));

    private const string SelectNewestOfTag =
        "SELECT link_id FROM link_tag WHERE tag_id = ?1 AND link_id BETWEEN ?2 AND ?3 "
        + "ORDER BY link_id DESC LIMIT ?4";

    private const string SelectOldestOfTag =
        "SELECT link_id FROM link_tag WHERE tag_id = ?1 AND link_id BETWEEN ?2 AND ?3 "
        + "ORDER BY link_id LIMIT ?4";

    /// <summary>Merges the first links of each tag.</summary>
    private static IEnumerable<long> FindTagged(
        SqliteSession session, IReadOnlyList<long> tags, LinkRead read)
    {
        var ids = new List<long>();
        foreach (var tag in tags)
        {
            var row = session.Rows(read.Range.IsDescending ? SelectNewestOfTag : SelectOldestOfTag)
                .With(tag).With(read.Range.First).With(read.Range.Last).With(read.Limit);
            while (row.Read())
                ids.Add(row.Number(0));
        }

        if (tags.Count == 1)
            return ids;
        var sorted = ids.Distinct();
        return (read.Range.IsDescending ? sorted.OrderDescending() : sorted.Order()).Take(read.Limit);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadRankedAsync(
        ListPosition before, int limit, ListFreshness freshness, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(ReadRanked, (before, limit)));

    private const string SelectRanked =
        "SELECT link_id FROM visit_rank WHERE (visits, link_id) < (?1, ?2) "
        + "ORDER BY visits DESC, link_id DESC LIMIT ?3";

    private static IReadOnlyList<ListedLink> ReadRanked(
        SqliteSession session, (ListPosition Before, int Limit) page)
    {
        var ids = new List<long>();
        var row = session.Rows(SelectRanked).With(page.Before.Rank).With(page.Before.Id).With(page.Limit);
        while (row.Read())
            ids.Add(row.Number(0));
        var links = SqliteListedLinks.ReadLinks(session, ids, withNumbers: true);
        links.Sort((one, other) =>
            (other.Numbers.Rank, other.Id).CompareTo((one.Numbers.Rank, one.Id)));
        return links;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> FindAsync(
        IReadOnlyList<LinkName> names, ListFreshness freshness, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Find, names));

    private const string SelectNamed =
        "SELECT coalesce(alias_of, id) FROM link WHERE domain = ?1 AND code = ?2";

    private static IReadOnlyList<ListedLink> Find(SqliteSession session, IReadOnlyList<LinkName> names)
    {
        var ids = new List<long>();
        foreach (var name in names)
        {
            var row = session.Rows(SelectNamed).With(name.Domain).With(name.Code);
            while (row.Read())
                ids.Add(row.Number(0));
        }

        return SqliteListedLinks.ReadLinks(session, ids, withNumbers: true);
    }

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

    private const string SelectSampled = "SELECT link_id FROM link_sample";

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
        var ids = new List<long>();
        var sampled = session.Rows(SelectSampled);
        while (sampled.Read())
            ids.Add(sampled.Number(0));
        var links = SqliteListedLinks.ReadLinks(session, ids, withNumbers: true);
        using var row = session.Command(SelectSampleState).ExecuteReader();
        row.Read();
        return new(links, OrNull(row, 0) ?? 0, row.GetBoolean(1));
    }

    private static long? OrNull(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInt64(column);
}
