using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// The statements that read listed links, and their rows. Lateral subqueries make PostgreSQL search for each
/// link in the indexes, whatever it knows about the tables.
/// </summary>
internal static class PostgresListedLinks
{
    /// <summary>Stands for the mark of a slice in a query for terms.</summary>
    public const char MarkPlace = '#';

    private const string LinkColumns =
        """
        link.id, link.domain, link.code, link.target, link.created_at, link.version, link.expires_at,
            link.max_visits, link.deleted_at, link.settings, link.later_codes, link.alias_of IS NOT NULL
        """;

    private const string NumberColumns =
        "coalesce(t.visits, 0), coalesce(t.bot_visits, 0), coalesce(u.used, 0), coalesce(r.visits, 0), "
        + "r.visited_at";

    private const string JoinNumbers =
        """
        LEFT JOIN LATERAL (
            SELECT visits, bot_visits FROM visit_total WHERE link_id = link.id LIMIT 1) AS t ON true
        LEFT JOIN LATERAL (SELECT used FROM link_limit WHERE link_id = link.id LIMIT 1) AS u ON true
        LEFT JOIN LATERAL (
            SELECT visits, visited_at FROM visit_rank WHERE link_id = link.id LIMIT 1) AS r ON true
        """;

    private static readonly Statements
        All = new(order =>
            $"(SELECT * FROM link WHERE id BETWEEN $1 AND $2 ORDER BY id {order} LIMIT $3) AS link"),
        Indexed = new(order => Given(OfTerms(order))),
        Tagged = new(order => Given(
            $"""
            SELECT DISTINCT l.link_id FROM unnest($4::bigint[]) AS tags(id) CROSS JOIN LATERAL (
                SELECT link_id FROM link_tag WHERE tag_id = tags.id AND link_id BETWEEN $1 AND $2
                ORDER BY link_id {order} LIMIT $3) AS l
            ORDER BY l.link_id {order} LIMIT $3
            """));

    /// <summary>
    /// Reads slice after slice, until there are enough links. The materialized subquery makes PostgreSQL
    /// search in the index of terms. Otherwise it might read the links in the order of their ids until enough
    /// of them have the terms.
    /// </summary>
    private static string OfTerms(string order) =>
        $"""
        SELECT f.link_id FROM (
            SELECT first_id, last_id,
                chr({IndexSlices.FirstMark} + (slice % {IndexSlices.Marks})::integer) AS mark
            FROM link_slice WHERE first_id <= $2 AND last_id >= $1 ORDER BY first_id {order}) AS s
        CROSS JOIN LATERAL (
            WITH found AS MATERIALIZED (
                SELECT link_id FROM link_term
                WHERE terms @@ replace($4::text, '{MarkPlace}', s.mark)::tsquery)
            SELECT link_id FROM found
            WHERE link_id BETWEEN greatest($1, s.first_id) AND least($2, s.last_id)
            ORDER BY link_id {order} LIMIT $3) AS f
        LIMIT $3
        """;

    /// <summary>Returns the statement that reads the next links of a source.</summary>
    public static string Select(LinkRead read) => read.Source switch
    {
        ListSource.All => All.For(read),
        ListSource.Indexed => Indexed.For(read),
        ListSource.Tagged => Tagged.For(read),
        _ => throw new ArgumentOutOfRangeException(nameof(read)),
    };

    /// <summary>Returns the statement that reads links and their numbers.</summary>
    /// <param name="ids">A query for the ids of the links.</param>
    public static string Select(string ids) => SelectFrom(Given(ids), withNumbers: true);

    private static string Given(string ids) =>
        $"({ids}) AS listed(link_id) "
        + "CROSS JOIN LATERAL (SELECT * FROM link WHERE id = listed.link_id LIMIT 1) AS link";

    private static string SelectFrom(string links, bool withNumbers) => withNumbers
        ? $"SELECT {LinkColumns}, {NumberColumns} FROM {links} {JoinNumbers}"
        : $"SELECT {LinkColumns} FROM {links}";

    public static async Task<List<ListedLink>> ReadAsync(
        NpgsqlCommand select, bool withNumbers, CancellationToken cancellationToken)
    {
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var links = new List<ListedLink>();
        while (await row.ReadAsync(cancellationToken))
            links.Add(ReadListed(row, withNumbers));
        return links;
    }

    private static ListedLink ReadListed(NpgsqlDataReader row, bool withNumbers) => new(
        PostgresLinkLookups.ReadLinkWith(row, LinkSettings.None),
        row.IsDBNull(9) ? null : row.GetString(9),
        withNumbers ? ReadNumbers(row, 12) : null,
        row.GetBoolean(11));

    private const string SelectNumbers =
        $"SELECT link.id, {NumberColumns} FROM unnest($1::bigint[]) AS link(id) {JoinNumbers}";

    public static async Task<IReadOnlyDictionary<long, LinkNumbers>> ReadNumbersAsync(
        ReadTransaction read, IReadOnlyList<long> links, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectNumbers);
        select.BindColumn(links, link => link);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var numbers = new Dictionary<long, LinkNumbers>();
        while (await row.ReadAsync(cancellationToken))
            numbers.Add(row.GetInt64(0), ReadNumbers(row, 1));
        return numbers;
    }

    private static LinkNumbers ReadNumbers(NpgsqlDataReader row, int first) => new(
        new(row.GetInt64(first), row.GetInt64(first + 1)),
        row.GetInt64(first + 2),
        row.GetInt64(first + 3),
        row.IsDBNull(first + 4) ? null : row.GetFieldValue<DateTimeOffset>(first + 4));

    /// <summary>The statements for both orders, with and without numbers.</summary>
    /// <param name="links">
    /// Returns what the statement selects from, for an order (<c>DESC</c> or empty).
    /// </param>
    private sealed class Statements(Func<string, string> links)
    {
        private readonly string
            _newest = SelectFrom(links("DESC"), withNumbers: false),
            _oldest = SelectFrom(links(""), withNumbers: false),
            _newestWithNumbers = SelectFrom(links("DESC"), withNumbers: true),
            _oldestWithNumbers = SelectFrom(links(""), withNumbers: true);

        public string For(LinkRead read) => (read.Range.IsDescending, read.WithNumbers) switch
        {
            (true, true) => _newestWithNumbers,
            (true, false) => _newest,
            (false, true) => _oldestWithNumbers,
            (false, false) => _oldest,
        };
    }
}
