using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ILinkList"/>
internal sealed class PostgresLinkList(PostgresListTransactions lists) : ILinkList
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadAsync(
        LinkRead read, ListFreshness freshness, CancellationToken cancellationToken) =>
        lists.ReadAsync(freshness, read, ReadAsync, cancellationToken);

    private static async Task<IReadOnlyList<ListedLink>> ReadAsync(
        ReadTransaction transaction, LinkRead read, CancellationToken cancellationToken)
    {
        await using var select = transaction.CreateCommand(PostgresListedLinks.Select(read));
        select.Bind(read.Range.First);
        select.Bind(read.Range.Last);
        select.Bind(read.Limit);
        if (read.Source is ListSource.Indexed(var terms))
            select.Bind(Match(terms));
        if (read.Source is ListSource.Tagged(var tags))
            select.Bind<long[]>([.. tags]);
        var links = await PostgresListedLinks.ReadAsync(select, read.WithNumbers, cancellationToken);
        links.Sort((one, other) => read.Range.IsDescending
            ? other.Id.CompareTo(one.Id)
            : one.Id.CompareTo(other.Id));
        return links;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<long, LinkNumbers>> ReadNumbersAsync(
        IReadOnlyList<long> links, ListFreshness freshness, CancellationToken cancellationToken) =>
        lists.ReadAsync(freshness, links, PostgresListedLinks.ReadNumbersAsync, cancellationToken);

    /// <summary>
    /// Writes a query for <c>tsquery</c>. Terms contain only letters, digits and characters outside of ASCII,
    /// so nothing needs an escape.
    /// </summary>
    private static string Match(IReadOnlyList<IndexTerm> terms) =>
        string.Join(" & ", terms.Select(term =>
            $"'{PostgresListedLinks.MarkPlace}{term.Text}'{(term.IsBeginning ? ":*" : "")}"));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> ReadRankedAsync(
        ListPosition before, int limit, ListFreshness freshness, CancellationToken cancellationToken) =>
        lists.ReadAsync(freshness, (before, limit), ReadRankedAsync, cancellationToken);

    private static readonly string SelectRanked = PostgresListedLinks.Select(
        "SELECT link_id FROM visit_rank WHERE (visits, link_id) < ($1, $2) "
        + "ORDER BY visits DESC, link_id DESC LIMIT $3");

    private static async Task<IReadOnlyList<ListedLink>> ReadRankedAsync(
        ReadTransaction read, (ListPosition Before, int Limit) page, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectRanked);
        select.Bind(page.Before.Rank);
        select.Bind(page.Before.Id);
        select.Bind(page.Limit);
        var links = await PostgresListedLinks.ReadAsync(select, withNumbers: true, cancellationToken);
        links.Sort((one, other) =>
            (other.Numbers.Rank, other.Id).CompareTo((one.Numbers.Rank, one.Id)));
        return links;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ListedLink>> FindAsync(
        IReadOnlyList<LinkName> names, ListFreshness freshness, CancellationToken cancellationToken) =>
        lists.ReadAsync(freshness, names, FindAsync, cancellationToken);

    private static readonly string SelectNamed = PostgresListedLinks.Select(
        """
        SELECT coalesce(l.alias_of, l.id)
        FROM unnest($1::text[], $2::text[]) AS n(domain, code) CROSS JOIN LATERAL (
            SELECT id, alias_of FROM link
            WHERE link.domain = n.domain AND link.code = n.code LIMIT 1) AS l
        """);

    private static async Task<IReadOnlyList<ListedLink>> FindAsync(
        ReadTransaction read, IReadOnlyList<LinkName> names, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectNamed);
        select.BindColumn(names, name => name.Domain);
        select.BindColumn(names, name => name.Code);
        return await PostgresListedLinks.ReadAsync(select, withNumbers: true, cancellationToken);
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

    private static readonly string SelectSampled =
        PostgresListedLinks.Select("SELECT link_id FROM link_sample");

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
            links = await PostgresListedLinks.ReadAsync(sampled, withNumbers: true, cancellationToken);
        await using var select = read.CreateCommand(SelectSampleState);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new(links, row.GetInt64(0), row.GetBoolean(1));
    }

    private static long? OrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInt64(column);
}
