using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Inserts links, all that wait in one statement, so that under load one commit serves many. A link that the
/// statement could not insert is inserted by one of its own, which tells why.
/// </summary>
internal sealed class PostgresLinkInserter : IAsyncDisposable
{
    /// <summary>
    /// Two: while the one waits for its commit, the other is made. More would hold more locks against a beat.
    /// </summary>
    private const int Statements = 2;

    /// <summary>
    /// Few enough that the horizon does not pass the ids of those that wait, each for a commit or two.
    /// </summary>
    private const int MaxWaiting = 1024;

    private readonly Cluster _cluster;
    private readonly Batcher<AddedLink, AddLinkResult?> _batcher;

    public PostgresLinkInserter(Cluster cluster)
    {
        _cluster = cluster;
        _batcher = new(Statements, MaxWaiting, InsertAsync);
    }

    /// <inheritdoc cref="ILinkStore.AddAsync"/>
    public async Task<AddLinkResult> AddAsync(AddedLink added, CancellationToken cancellationToken)
    {
        try
        {
            return await _batcher.CallAsync(added, cancellationToken)
                ?? await AddAloneAsync(added, cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema("keeps no rules of links", exception);
        }
    }

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    /// <summary>What <see cref="BindLink"/> binds.</summary>
    public const string Columns = "id, domain, code, target, created_at, written_at";

    /// <summary>What <see cref="BindRules"/> binds; the schema of the version before lacks them.</summary>
    public const string RuleColumns = "expires_at, max_visits";

    private const string InsertLinks =
        $"""
        INSERT INTO link ({Columns})
        SELECT * FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
        ON CONFLICT DO NOTHING
        RETURNING id, domain, code
        """;

    private const string InsertLinksWithRules =
        $"""
        INSERT INTO link ({Columns}, {RuleColumns})
        SELECT * FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
            $7::timestamptz[], $8::bigint[])
        ON CONFLICT DO NOTHING
        RETURNING id, domain, code
        """;

    /// <summary>What became of each link; null where it has to be tried alone.</summary>
    private async Task<IReadOnlyList<AddLinkResult?>> InsertAsync(IReadOnlyList<AddedLink> links)
    {
        try
        {
            var inserted = await _cluster.WriteStatementAsync(links, InsertAsync, CancellationToken.None);
            return [.. links.Select(added =>
                inserted.Contains(IdentityOf(added.Link)) ? AddLinkResult.Added : (AddLinkResult?)null)];
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return await InsertOthersAsync(links);
        }
    }

    private const string SelectHorizon = "SELECT closed_at FROM horizon";

    /// <summary>The guard refused all for the sake of some, which the horizon has passed for good.</summary>
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
        WriteTransaction write, IReadOnlyList<AddedLink> links, CancellationToken cancellationToken)
    {
        var haveRules = links.Any(added => HasRules(added.Link));
        await using var insert = write.CreateCommand(haveRules ? InsertLinksWithRules : InsertLinks);
        BindLinks(insert, links, haveRules);
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        var inserted = new HashSet<(long, string, string)>();
        while (await row.ReadAsync(cancellationToken))
            inserted.Add((row.GetInt64(0), row.GetString(1), row.GetString(2)));
        // The rows are sent before the commit is tried; where it fails, only the end tells.
        await row.NextResultAsync(cancellationToken);
        return inserted;
    }

    /// <summary>
    /// By the order of their codes, so that no two statements wait for each other in a ring.
    /// </summary>
    private static void BindLinks(NpgsqlCommand insert, IReadOnlyList<AddedLink> links, bool haveRules)
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
        if (!haveRules)
            return;
        insert.BindColumn(sorted, added => added.Link.ExpiresAt);
        insert.BindColumn(sorted, added => added.Link.MaxVisits);
    }

    private static (long Id, string Domain, string Code) IdentityOf(Link link) =>
        (link.Id.ToInt64(), link.Domain, link.Code);

    public const string InsertLink =
        $"""
        INSERT INTO link ({Columns})
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    private const string InsertLinkWithRules =
        $"""
        INSERT INTO link ({Columns}, {RuleColumns})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    private async Task<AddLinkResult> AddAloneAsync(AddedLink added, CancellationToken cancellationToken)
    {
        try
        {
            return await _cluster.WriteStatementAsync(added, InsertAsync, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return AddLinkResult.TooLate;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // A code that is taken is no error: what is left is the id.
            return AddLinkResult.IdTaken;
        }
    }

    private static async Task<AddLinkResult> InsertAsync(
        WriteTransaction write, AddedLink added, CancellationToken cancellationToken)
    {
        var hasRules = HasRules(added.Link);
        await using var insert = write.CreateCommand(hasRules ? InsertLinkWithRules : InsertLink);
        BindLink(insert, added);
        if (hasRules)
            BindRules(insert, added.Link);
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1
            ? AddLinkResult.Added
            : AddLinkResult.CodeTaken;
    }

    /// <summary>The values of a link's columns, from <c>$1</c> on, in the order of the insert.</summary>
    public static void BindLink(NpgsqlCommand insert, AddedLink added)
    {
        var link = added.Link;
        insert.Bind(link.Id.ToInt64());
        insert.Bind(link.Domain);
        insert.Bind(link.Code);
        insert.Bind(link.Target);
        insert.Bind(link.CreatedAt);
        insert.Bind(added.TickEnd);
    }

    /// <summary>Whether a link has anything that the schema of the version before cannot keep.</summary>
    public static bool HasRules(Link link) => link.ExpiresAt is not null || link.MaxVisits is not null;

    /// <summary>The values of a link's rules, in the next two places.</summary>
    public static void BindRules(NpgsqlCommand command, Link link)
    {
        command.Bind(link.ExpiresAt);
        command.Bind(link.MaxVisits);
    }
}

/// <param name="Link">The link to insert.</param>
/// <param name="TickEnd">When the tick of its id ends.</param>
internal readonly record struct AddedLink(Link Link, DateTimeOffset TickEnd);
