using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Inserts links. One shared statement inserts all waiting links, so that under load one commit serves many
/// requests. The shared statement does not report why it skipped a link. So a skipped link is inserted again
/// by its own statement, which reports the reason.
/// </summary>
internal sealed class PostgresLinkInserter : IAsyncDisposable
{
    /// <summary>
    /// The maximum number of shared statements that run at the same time. While one statement waits for its
    /// commit, the other one can run. Each statement holds the advisory lock of the trigger
    /// <c>horizon_guard</c> until the commit, and the horizon advances only when no statement holds this
    /// lock. So more statements would delay the horizon.
    /// </summary>
    private const int Statements = 2;

    /// <summary>
    /// The maximum number of links that wait for a shared statement. In a longer queue, each link would wait
    /// longer. The horizon could pass the time in the link's id during this wait, and the trigger
    /// <c>horizon_guard</c> would then refuse the link.
    /// </summary>
    private const int MaxWaiting = 1024;

    private readonly Cluster _cluster;
    private readonly Batcher<AddedLink, AddLinkResult?> _batcher;

    public PostgresLinkInserter(Cluster cluster)
    {
        _cluster = cluster;
        _batcher = new("creations", Statements, MaxWaiting, InsertAsync);
    }

    /// <summary>
    /// Inserts links in shared statements. The result is null if the shared statement skipped the link; the
    /// caller must then call <see cref="InsertAloneAsync"/>.
    /// </summary>
    public IBatcher<AddedLink, AddLinkResult?> Batches => _batcher;

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

    /// <summary>
    /// The columns of a new row in the table <c>link</c>. Their values are the parameters <c>$1</c> to
    /// <c>$9</c>.
    /// </summary>
    public const string Columns =
        "id, domain, code, target, created_at, written_at, expires_at, max_visits, settings";

    /// <summary>
    /// Inserts the links in the order of their codes, so that two concurrent statements insert the same codes
    /// in the same order and cannot deadlock.
    /// </summary>
    private const string InsertLinks =
        $"""
        INSERT INTO link ({Columns})
        SELECT * FROM unnest(
            $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
            $7::timestamptz[], $8::bigint[], $9::text[])
            AS added({Columns})
        ORDER BY code COLLATE "C", domain COLLATE "C"
        ON CONFLICT DO NOTHING
        RETURNING id, domain, code
        """;

    /// <summary>
    /// Inserts links with one statement and returns one result per link. The result of a link is null if the
    /// caller must insert the link again with its own statement.
    /// </summary>
    private async Task<IReadOnlyList<AddLinkResult?>> InsertAsync(IReadOnlyList<AddedLink> links)
    {
        try
        {
            var inserted = await _cluster.WriteStatementAsync(
                ConnectionShare.Creations, links, InsertAsync, CancellationToken.None);
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
    /// Handles a statement that the trigger <c>horizon_guard</c> refused, because the horizon has passed the
    /// times in the ids of some links. These links get the result <see cref="AddLinkResult.TooLate"/>; the
    /// other links are inserted again.
    /// </summary>
    private async Task<IReadOnlyList<AddLinkResult?>> InsertOthersAsync(IReadOnlyList<AddedLink> links)
    {
        var closedAt = await _cluster.ReadAsync(
            ConnectionShare.Creations,
            Freshness.Latest,
            argument: 0,
            ReadHorizonAsync,
            CancellationToken.None);
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
        await using var insert = write.CreateCommand(InsertLinks);
        BindColumns(insert, links);
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        var inserted = new HashSet<(long, string, string)>();
        while (await row.ReadAsync(cancellationToken))
            inserted.Add((row.GetInt64(0), row.GetString(1), row.GetString(2)));
        await row.AwaitCommitAsync(cancellationToken);
        return inserted;
    }

    /// <summary>
    /// Binds one array per column of <see cref="Columns"/> as the parameters <c>$1</c> to <c>$9</c>.
    /// </summary>
    public static void BindColumns(NpgsqlCommand insert, IReadOnlyList<AddedLink> links)
    {
        insert.BindColumn(links, added => added.Link.Id.ToInt64());
        insert.BindColumn(links, added => added.Link.Domain);
        insert.BindColumn(links, added => added.Link.Code);
        insert.BindColumn(links, added => added.Link.Target);
        insert.BindColumn(links, added => added.Link.CreatedAt);
        insert.BindColumn(links, added => added.TickEnd);
        insert.BindColumn(links, added => added.Link.ExpiresAt);
        insert.BindColumn(links, added => added.Link.MaxVisits);
        insert.BindColumn(links, added => StoredSettings.Write(added.Link.Settings));
    }

    private static (long Id, string Domain, string Code) IdentityOf(Link link) =>
        (link.Id.ToInt64(), link.Domain, link.Code);

    /// <summary>Inserts one link. <see cref="BindLink"/> binds the parameters.</summary>
    public const string InsertLink =
        $"""
        INSERT INTO link ({Columns})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (domain, code) DO NOTHING
        """;

    /// <summary>
    /// Inserts one link with its own statement. If the link was not inserted, the result says why.
    /// </summary>
    public async Task<AddLinkResult> InsertAloneAsync(
        AddedLink added, CancellationToken cancellationToken)
    {
        try
        {
            return await _cluster.WriteStatementAsync(
                ConnectionShare.Creations, added, InsertAsync, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return AddLinkResult.TooLate;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // ON CONFLICT skips a link whose domain and code exist already, so the violated constraint is the
            // primary key.
            return AddLinkResult.IdTaken;
        }
    }

    private static async Task<AddLinkResult> InsertAsync(
        WriteTransaction write, AddedLink added, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(InsertLink);
        BindLink(insert, added);
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1
            ? AddLinkResult.Added
            : AddLinkResult.CodeTaken;
    }

    /// <summary>Binds the values of <see cref="Columns"/> as the parameters <c>$1</c> to <c>$9</c>.</summary>
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
        insert.Bind(StoredSettings.Write(link.Settings));
    }
}

/// <param name="Link">The link to insert.</param>
/// <param name="TickEnd">
/// The end of the timestamp tick in the link's id. The trigger <c>horizon_guard</c> refuses the link if the
/// horizon has reached this instant.
/// </param>
internal readonly record struct AddedLink(Link Link, DateTimeOffset TickEnd);
