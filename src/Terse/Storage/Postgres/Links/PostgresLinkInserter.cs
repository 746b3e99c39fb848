using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Inserts links. One statement inserts all links that wait, so that under load one commit serves many
/// requests. A link that the common statement could not insert gets its own statement, which tells the
/// reason.
/// </summary>
internal sealed class PostgresLinkInserter : IAsyncDisposable
{
    /// <summary>
    /// The number of statements at once. While one statement waits for its commit, the next is prepared. More
    /// statements would hold more guard locks, and a beat waits for all of them.
    /// </summary>
    private const int Statements = 2;

    /// <summary>
    /// The number of links that may wait: few enough that the horizon does not pass their ids meanwhile.
    /// </summary>
    private const int MaxWaiting = 1024;

    private readonly Cluster _cluster;
    private readonly PostgresSchema _schema;
    private readonly Batcher<AddedLink, AddLinkResult?> _batcher;

    public PostgresLinkInserter(Cluster cluster, PostgresSchema schema)
    {
        (_cluster, _schema) = (cluster, schema);
        _batcher = new(Statements, MaxWaiting, InsertAsync);
    }

    /// <summary>
    /// Inserts links in common statements. A result is null when the link needs
    /// <see cref="InsertAloneAsync"/>.
    /// </summary>
    public IBatcher<AddedLink, AddLinkResult?> Batches => _batcher;

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    /// <summary>Refuses a link with rules as long as the schema has no columns for rules.</summary>
    public static ValueTask RequireSchemaAsync(
        PostgresSchema schema, Link link, CancellationToken cancellationToken) =>
        link.ExpiresAt is null && link.MaxVisits is null
            ? default
            : schema.RequireCurrentAsync("cannot store the rules of links", cancellationToken);

    /// <summary>The columns of the schema of the version before: <c>$1</c> to <c>$6</c>.</summary>
    public const string EarlierColumns = "id, domain, code, target, created_at, written_at";

    /// <summary>The columns of this version's schema: <c>$1</c> to <c>$8</c>.</summary>
    public const string Columns = $"{EarlierColumns}, expires_at, max_visits";

    private const string InsertLinks =
        $"""
        INSERT INTO link ({Columns})
        SELECT * FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
            $7::timestamptz[], $8::bigint[])
        ON CONFLICT DO NOTHING
        RETURNING id, domain, code
        """;

    private const string InsertLinksIntoEarlierSchema =
        $"""
        INSERT INTO link ({EarlierColumns})
        SELECT * FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
        ON CONFLICT DO NOTHING
        RETURNING id, domain, code
        """;

    /// <summary>
    /// Inserts links with one statement. A result is null when the link must be inserted by its own
    /// statement.
    /// </summary>
    private async Task<IReadOnlyList<AddLinkResult?>> InsertAsync(IReadOnlyList<AddedLink> links)
    {
        try
        {
            var isCurrent = await _schema.IsCurrentAsync(CancellationToken.None);
            var inserted = await _cluster.WriteStatementAsync(
                (isCurrent ? InsertLinks : InsertLinksIntoEarlierSchema, links),
                InsertAsync,
                CancellationToken.None);
            return [.. links.Select(added =>
                inserted.Contains(IdentityOf(added.Link)) ? AddLinkResult.Added : (AddLinkResult?)null)];
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return await InsertOthersAsync(links);
        }
    }

    private const string SelectHorizon = "SELECT closed_at FROM horizon";

    /// <summary>
    /// The guard refused the statement, because the horizon has passed the ids of some links. Those links are
    /// too late; the others are inserted again.
    /// </summary>
    private async Task<IReadOnlyList<AddLinkResult?>> InsertOthersAsync(IReadOnlyList<AddedLink> links)
    {
        var closedAt = await _cluster.ReadAsync(
            Freshness.Latest, argument: 0, ReadHorizonAsync, CancellationToken.None);
        List<AddedLink> others = [.. links.Where(added => added.TickEnd > closedAt)];
        if (others.Count == links.Count)
            return new AddLinkResult?[links.Count];
        var results = new Queue<AddLinkResult?>(others.Count == 0 ? [] : await InsertAsync(others));
        return [.. links.Select(added =>
            added.TickEnd > closedAt ? results.Dequeue() : AddLinkResult.TooLate)];
    }

    private static async Task<DateTimeOffset> ReadHorizonAsync(
        ReadTransaction read, int argument, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectHorizon);
        return new((DateTime)(await select.ExecuteScalarAsync(cancellationToken))!);
    }

    private static async Task<HashSet<(long Id, string Domain, string Code)>> InsertAsync(
        WriteTransaction write,
        (string Sql, IReadOnlyList<AddedLink> Links) batch,
        CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(batch.Sql);
        BindLinks(insert, batch.Links);
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        var inserted = new HashSet<(long, string, string)>();
        while (await row.ReadAsync(cancellationToken))
            inserted.Add((row.GetInt64(0), row.GetString(1), row.GetString(2)));
        // PostgreSQL sends the rows before it commits; a commit that fails shows only at the end of the
        // results.
        await row.NextResultAsync(cancellationToken);
        return inserted;
    }

    /// <summary>
    /// Binds the columns of all links, sorted by code, so that two statements never wait for each other in a
    /// cycle. A statement for the earlier schema ignores the last two parameters.
    /// </summary>
    private static void BindLinks(NpgsqlCommand insert, IReadOnlyList<AddedLink> links)
    {
        var sorted = links.OrderBy(added => added.Link.Code, StringComparer.Ordinal)
            .ThenBy(added => added.Link.Domain, StringComparer.Ordinal)
            .ToList();
        insert.BindColumn(sorted, added => added.Link.Id.ToInt64());
        insert.BindColumn(sorted, added => added.Link.Domain);
        insert.BindColumn(sorted, added => added.Link.Code);
        insert.BindColumn(sorted, added => added.Link.Target);
        insert.BindColumn(sorted, added => added.Link.CreatedAt);
        insert.BindColumn(sorted, added => added.TickEnd);
        insert.BindColumn(sorted, added => added.Link.ExpiresAt);
        insert.BindColumn(sorted, added => added.Link.MaxVisits);
    }

    private static (long Id, string Domain, string Code) IdentityOf(Link link) =>
        (link.Id.ToInt64(), link.Domain, link.Code);

    public const string InsertLink =
        $"""
        INSERT INTO link ({Columns})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    private const string InsertLinkIntoEarlierSchema =
        $"""
        INSERT INTO link ({EarlierColumns})
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    /// <summary>Inserts one link with its own statement.</summary>
    public async Task<AddLinkResult> InsertAloneAsync(
        AddedLink added, CancellationToken cancellationToken)
    {
        try
        {
            var isCurrent = await _schema.IsCurrentAsync(cancellationToken);
            return await _cluster.WriteStatementAsync(
                (isCurrent ? InsertLink : InsertLinkIntoEarlierSchema, added),
                InsertAsync,
                cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return AddLinkResult.TooLate;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // The statement tolerates a taken code, so the violated constraint is the primary key.
            return AddLinkResult.IdTaken;
        }
    }

    private static async Task<AddLinkResult> InsertAsync(
        WriteTransaction write, (string Sql, AddedLink Added) one, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(one.Sql);
        BindLink(insert, one.Added);
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1
            ? AddLinkResult.Added
            : AddLinkResult.CodeTaken;
    }

    /// <summary>
    /// Binds the values of <see cref="Columns"/>, from <c>$1</c> on. A statement for the earlier schema
    /// ignores the last two parameters.
    /// </summary>
    public static void BindLink(NpgsqlCommand insert, AddedLink added)
    {
        var link = added.Link;
        insert.Bind(link.Id.ToInt64());
        insert.Bind(link.Domain);
        insert.Bind(link.Code);
        insert.Bind(link.Target);
        insert.Bind(link.CreatedAt);
        insert.Bind(added.TickEnd);
        insert.Bind(link.ExpiresAt);
        insert.Bind(link.MaxVisits);
    }
}

/// <param name="Link">The link to insert.</param>
/// <param name="TickEnd">When the tick of its id ends.</param>
internal readonly record struct AddedLink(Link Link, DateTimeOffset TickEnd);
