using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkList"/>
internal sealed class PostgresLinkList(PostgresListTransactions lists) : ILinkList
{
    /// <summary>
    /// Reads listed links. The parameter is a subquery that returns ids of links. The lateral subqueries make
    /// PostgreSQL search for each link in the indexes, whatever it knows about the tables.
    /// </summary>
    private static string Select(string ids) =>
        $"""
        SELECT link.id, link.domain, link.code, link.target, link.created_at,
            link.version, link.expires_at, link.max_visits, link.deleted_at, link.settings,
            link.later_codes, coalesce(t.visits, 0), coalesce(t.bot_visits, 0), coalesce(u.used, 0),
            coalesce(r.visits, 0), r.visited_at, link.alias_of IS NOT NULL
        FROM ({ids}) AS listed(link_id)
            CROSS JOIN LATERAL (SELECT * FROM link WHERE id = listed.link_id LIMIT 1) AS link
            LEFT JOIN LATERAL (
                SELECT visits, bot_visits FROM visit_total WHERE link_id = link.id LIMIT 1) AS t ON true
            LEFT JOIN LATERAL (SELECT used FROM link_limit WHERE link_id = link.id LIMIT 1) AS u ON true
            LEFT JOIN LATERAL (
                SELECT visits, visited_at FROM visit_rank WHERE link_id = link.id LIMIT 1) AS r ON true
        """;

    /// <summary>
    /// The materialized subquery makes PostgreSQL search in the index of terms. Otherwise it might read the
    /// links in the order of their ids until enough of them have the terms.
    /// </summary>
    private const string WithTerms =
        "WITH found AS MATERIALIZED (SELECT link_id FROM link_term WHERE terms @@ $4::text::tsquery) "
        + "SELECT link_id FROM found WHERE link_id BETWEEN $1 AND $2 ORDER BY link_id ";

    private static string OfTags(string order) =>
        $"""
        SELECT DISTINCT l.link_id FROM unnest($4::bigint[]) AS tags(id) CROSS JOIN LATERAL (
            SELECT link_id FROM link_tag WHERE tag_id = tags.id AND link_id BETWEEN $1 AND $2
            ORDER BY link_id {order} LIMIT $3) AS l
        ORDER BY l.link_id {order} LIMIT $3
        """;

    private static readonly string
        SelectNewest = Select("SELECT id FROM link WHERE id BETWEEN $1 AND $2 ORDER BY id DESC LIMIT $3"),
        SelectOldest = Select("SELECT id FROM link WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3"),
        SelectNewestTerms = Select(WithTerms + "DESC LIMIT $3"),
        SelectOldestTerms = Select(WithTerms + "LIMIT $3"),
        SelectNewestTagged = Select(OfTags("DESC")),
        SelectOldestTagged = Select(OfTags("")),
        SelectRanked = Select(
            "SELECT link_id FROM visit_rank WHERE (visits, link_id) < ($1, $2) "
            + "ORDER BY visits DESC, link_id DESC LIMIT $3"),
        SelectNamed = Select(
            """
            SELECT coalesce(l.alias_of, l.id)
            FROM unnest($1::text[], $2::text[]) AS n(domain, code) CROSS JOIN LATERAL (
                SELECT id, alias_of FROM link
                WHERE link.domain = n.domain AND link.code = n.code LIMIT 1) AS l
            """),
        SelectSampled = Select("SELECT link_id FROM link_sample");

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadAsync(
        ListSource source,
        IdRange range,
        int limit,
        ListFreshness freshness,
        CancellationToken cancellationToken) =>
        lists.ReadAsync(freshness, (source, range, limit), ReadAsync, cancellationToken);

    private static async Task<IReadOnlyList<ListedLink>> ReadAsync(
        ReadTransaction read,
        (ListSource Source, IdRange Range, int Limit) page,
        CancellationToken cancellationToken)
    {
        var isDescending = page.Range.IsDescending;
        await using var select = read.CreateCommand(page.Source switch
        {
            ListSource.All => isDescending ? SelectNewest : SelectOldest,
            ListSource.Indexed => isDescending ? SelectNewestTerms : SelectOldestTerms,
            ListSource.Tagged => isDescending ? SelectNewestTagged : SelectOldestTagged,
            _ => throw new ArgumentOutOfRangeException(nameof(page)),
        });
        select.Bind(page.Range.First);
        select.Bind(page.Range.Last);
        select.Bind(page.Limit);
        if (page.Source is ListSource.Indexed(var terms))
            select.Bind(Match(terms));
        if (page.Source is ListSource.Tagged(var tags))
            select.Bind<long[]>([.. tags]);
        var links = await ReadAllAsync(select, cancellationToken);
        links.Sort((one, other) => isDescending ? other.Id.CompareTo(one.Id) : one.Id.CompareTo(other.Id));
        return links;
    }

    /// <summary>
    /// Writes a query for <c>tsquery</c>. Terms contain only letters, digits and characters outside of ASCII,
    /// so nothing needs an escape.
    /// </summary>
    private static string Match(IReadOnlyList<IndexTerm> terms) =>
        string.Join(" & ", terms.Select(term => term.IsBeginning ? $"'{term.Text}':*" : $"'{term.Text}'"));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadRankedAsync(
        ListPosition before, int limit, ListFreshness freshness, CancellationToken cancellationToken) =>
        lists.ReadAsync(freshness, (before, limit), ReadRankedAsync, cancellationToken);

    private static async Task<IReadOnlyList<ListedLink>> ReadRankedAsync(
        ReadTransaction read, (ListPosition Before, int Limit) page, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectRanked);
        select.Bind(page.Before.Rank);
        select.Bind(page.Before.Id);
        select.Bind(page.Limit);
        var links = await ReadAllAsync(select, cancellationToken);
        links.Sort((one, other) => (other.Rank, other.Id).CompareTo((one.Rank, one.Id)));
        return links;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> FindAsync(
        IReadOnlyList<LinkName> names, ListFreshness freshness, CancellationToken cancellationToken) =>
        lists.ReadAsync(freshness, names, FindAsync, cancellationToken);

    private static async Task<IReadOnlyList<ListedLink>> FindAsync(
        ReadTransaction read, IReadOnlyList<LinkName> names, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectNamed);
        select.BindColumn(names, name => name.Domain);
        select.BindColumn(names, name => name.Code);
        return await ReadAllAsync(select, cancellationToken);
    }

    private const string SelectTags =
        "SELECT id, folded, name, links, visits FROM tag WHERE folded = ANY ($1)";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Tag>> FindTagsAsync(
        IReadOnlyList<string> folded, CancellationToken cancellationToken) =>
        lists.ReadAsync(default, folded, FindTagsAsync, cancellationToken);

    private static async Task<IReadOnlyList<Tag>> FindTagsAsync(
        ReadTransaction read, IReadOnlyList<string> folded, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectTags);
        select.BindColumn(folded, name => name);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var tags = new List<Tag>();
        while (await row.ReadAsync(cancellationToken))
            tags.Add(ReadTag(row));
        return tags;
    }

    /// <summary>Reads a tag from a row that begins with its id, names and numbers.</summary>
    public static Tag ReadTag(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4));

    private const string SelectCreated =
        """
        SELECT min(first_id), max(last_id), (SELECT max(hour) FROM created_hour)
        FROM created_hour WHERE hour BETWEEN $1 AND $2
        """;

    /// <inheritdoc/>
    public Task<CreatedIds> FindCreatedAsync(
        long firstHour, long lastHour, CancellationToken cancellationToken) =>
        lists.ReadAsync(default, (firstHour, lastHour), FindCreatedAsync, cancellationToken);

    private static async Task<CreatedIds> FindCreatedAsync(
        ReadTransaction read, (long First, long Last) hours, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectCreated);
        select.Bind(hours.First);
        select.Bind(hours.Last);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new(OrNull(row, 0), OrNull(row, 1), OrNull(row, 2));
    }

    /// <summary>
    /// The index is incomplete while older links, many changed links, or links of more than 10 s ago wait.
    /// </summary>
    private const string SelectSampleState =
        """
        SELECT coalesce((SELECT max(hash) FROM link_sample), 0),
            older_than IS NULL AND (newer_than IS NOT NULL OR NOT EXISTS (SELECT FROM link))
            AND coalesce(
                (SELECT max(seq) FROM unlisted_link) - (SELECT min(seq) FROM unlisted_link), 0) <= 2000
            AND NOT EXISTS (
                SELECT FROM (
                    SELECT written_at FROM link WHERE id > newer_than AND alias_of IS NULL
                    ORDER BY id LIMIT 1) AS next
                WHERE written_at < (SELECT closed_at FROM horizon) - interval '10 s')
        FROM list_progress
        """;

    /// <inheritdoc/>
    public Task<LinkSample> ReadSampleAsync(CancellationToken cancellationToken) =>
        lists.ReadAsync(default, argument: 0, ReadSampleAsync, cancellationToken);

    private static async Task<LinkSample> ReadSampleAsync(
        ReadTransaction read, int argument, CancellationToken cancellationToken)
    {
        List<ListedLink> links;
        await using (var sampled = read.CreateCommand(SelectSampled))
            links = await ReadAllAsync(sampled, cancellationToken);
        await using var select = read.CreateCommand(SelectSampleState);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new(links, row.GetInt64(0), row.GetBoolean(1));
    }

    private static async Task<List<ListedLink>> ReadAllAsync(
        NpgsqlCommand select, CancellationToken cancellationToken)
    {
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var links = new List<ListedLink>();
        while (await row.ReadAsync(cancellationToken))
            links.Add(ReadListed(row));
        return links;
    }

    private static ListedLink ReadListed(NpgsqlDataReader row) => new(
        PostgresLinkLookups.ReadLink(row),
        new(row.GetInt64(11), row.GetInt64(12)),
        row.GetInt64(13),
        row.GetInt64(14),
        row.IsDBNull(15) ? null : row.GetFieldValue<DateTimeOffset>(15),
        row.GetBoolean(16));

    private static long? OrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInt64(column);
}
