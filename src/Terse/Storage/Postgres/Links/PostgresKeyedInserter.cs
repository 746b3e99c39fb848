using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>A link to insert together with an idempotency key.</summary>
internal readonly record struct KeyedLink(IdempotentRequest Request, AddedLink Added);

/// <summary>
/// Inserts links together with idempotency keys. One shared statement inserts all that wait, so that under
/// load one commit and one connection serve many requests. The shared statement skips a link whose code is
/// taken; such a link is inserted again by its own statement, which reports the reason.
/// </summary>
/// <remarks>
/// One statement on the primary stores the idempotency key and the link together. If a Terse server used two
/// statements and failed between them, PostgreSQL would keep two locks until a timeout: the lock on the row
/// of the idempotency key, and the advisory lock of the trigger <c>horizon_guard</c>. If another transaction
/// is storing the same idempotency key, the statement waits until that transaction ends.
/// </remarks>
internal sealed class PostgresKeyedInserter : IAsyncDisposable
{
    /// <summary>
    /// The maximum number of shared statements that run at the same time. A statement can wait for another
    /// server that stores the same key, so it must leave a connection of its share to other creations.
    /// </summary>
    private const int Statements = 1;

    private const int MaxWaiting = 1024;

    private readonly Cluster _cluster;
    private readonly Batcher<KeyedLink, AddOnceResult?> _batcher;

    /// <summary>
    /// Limits how many links with a taken code have a statement of their own at the same time. Statements
    /// with the same idempotency key wait for each other, and the waiting statements must not use up the
    /// connections that other creations need.
    /// </summary>
    private readonly SemaphoreSlim _alone = new(1);

    public PostgresKeyedInserter(Cluster cluster)
    {
        _cluster = cluster;
        _batcher = new("keyed-creations", Statements, MaxWaiting, AddAsync);
    }

    /// <summary>
    /// Inserts links and keys in shared statements. The result is null if the shared statement skipped the
    /// link; the caller must then call <see cref="InsertAloneAsync(KeyedLink, CancellationToken)"/>.
    /// </summary>
    public IBatcher<KeyedLink, AddOnceResult?> Batches => _batcher;

    public ValueTask DisposeAsync()
    {
        _alone.Dispose();
        return _batcher.DisposeAsync();
    }

    /// <summary>
    /// Runs the calls in statements in which each key occurs once, because PostgreSQL cannot update a row
    /// twice in one statement.
    /// </summary>
    private async Task<IReadOnlyList<AddOnceResult?>> AddAsync(IReadOnlyList<KeyedLink> calls)
    {
        var results = new Dictionary<long, AddOnceResult>();
        List<KeyedLink> waiting = [.. calls];
        while (waiting.Count > 0)
        {
            List<KeyedLink> distinct =
                [.. waiting.DistinctBy(call => call.Request.Key, StringComparer.Ordinal)];
            waiting = [.. waiting.Except(distinct)];
            await _cluster.WriteStatementAsync(
                ConnectionShare.Creations,
                new KeyedBatch(distinct, results),
                AddAsync,
                CancellationToken.None);
        }

        return [.. calls.Select(call => results.GetValueOrDefault(IdOf(call)))];
    }

    /// <summary>
    /// Does for many links what <see cref="AddOne"/> does for one. Keys and links are
    /// inserted in the order of keys and of codes, so that concurrent statements cannot deadlock.
    /// </summary>
    private const string AddAll =
        $"""
        WITH added AS (
            SELECT * FROM unnest(
                $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                $7::timestamptz[], $8::bigint[], $9::text[], $10::text[], $11::bytea[])
                AS a({PostgresLinkInserter.Columns}, key, request)
        ), kept AS (
            INSERT INTO idempotency AS i (key, request, link_id)
            SELECT a.key, a.request, a.id FROM added AS a
            WHERE NOT EXISTS (SELECT FROM link AS l WHERE l.domain = a.domain AND l.code = a.code)
            ORDER BY a.key COLLATE "C"
            {KeepUntilExpired}
            RETURNING key, link_id, request
        ), made AS (
            INSERT INTO link ({PostgresLinkInserter.Columns})
            SELECT {PostgresLinkInserter.Columns} FROM (
                SELECT a.* FROM added AS a JOIN kept AS k ON k.link_id = a.id) AS new
            ORDER BY code COLLATE "C", domain COLLATE "C"
        )
        SELECT a.id, k.link_id, k.request = a.request FROM added AS a JOIN kept AS k ON k.key = a.key
        """;

    private static async Task<bool> AddAsync(
        WriteTransaction write, KeyedBatch batch, CancellationToken cancellationToken)
    {
        var repeated = new Dictionary<long, long>();
        await using (var insert = write.CreateCommand(AddAll))
        {
            PostgresLinkInserter.BindColumns(insert, batch.Calls.ConvertAll(call => call.Added));
            insert.BindColumn(batch.Calls, call => call.Request.Key);
            insert.BindColumn(batch.Calls, call => call.Request.Hash);
            insert.Bind(IdempotentRequest.RetentionTime);
            await using var row = await insert.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                var (id, stored) = (row.GetInt64(0), row.GetInt64(1));
                if (id == stored)
                    batch.Results[id] = new AddOnceResult.Tried(AddLinkResult.Added);
                else if (row.GetBoolean(2))
                    repeated[id] = stored;
                else
                    batch.Results[id] = new AddOnceResult.KeyReused();
            }

            await row.AwaitCommitAsync(cancellationToken);
        }

        foreach (var (id, stored) in repeated)
        {
            batch.Results[id] = new AddOnceResult.Repeated(
                await ReadLinkAsync(write, stored, cancellationToken));
        }

        return true;
    }

    /// <summary>
    /// Keeps the values of an existing row of the table <c>idempotency AS i</c> until its retention time,
    /// <c>$12</c>, is over.
    /// </summary>
    private const string KeepUntilExpired =
        """
        ON CONFLICT (key) DO UPDATE SET
            request = CASE WHEN i.created_at > statement_timestamp() - $12
                THEN i.request ELSE excluded.request END,
            link_id = CASE WHEN i.created_at > statement_timestamp() - $12
                THEN i.link_id ELSE excluded.link_id END,
            created_at = CASE WHEN i.created_at > statement_timestamp() - $12
                THEN i.created_at ELSE excluded.created_at END
        """;

    /// <summary>
    /// Stores the idempotency key. If the table already contains this key, the existing row keeps its values
    /// until its retention time is over. The statement updates the existing row in any case, for two reasons.
    /// First, the update returns the latest version of the row, even if another transaction committed that
    /// version after the snapshot of this statement. Second, the commit of the update waits for the
    /// synchronous replicas. The link of the existing row was committed earlier in the write-ahead log, so
    /// these replicas then contain the link too. If the link cannot be inserted, PostgreSQL raises an error,
    /// which also rolls back the key. <see cref="PostgresCleanup"/> deletes expired rows.
    /// </summary>
    private const string AddOne =
        $"""
        WITH kept AS (
            INSERT INTO idempotency AS i (key, request, link_id) VALUES ($10, $11, $1)
            {KeepUntilExpired}
            RETURNING link_id, request = $11 AS is_same
        ), made AS (
            INSERT INTO link ({PostgresLinkInserter.Columns})
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM kept WHERE kept.link_id = $1
        )
        SELECT link_id, is_same FROM kept
        """;

    /// <summary>
    /// Inserts one link and its key with their own statement. If the link was not inserted, PostgreSQL
    /// reports an error that says why.
    /// </summary>
    public async Task<AddOnceResult> InsertAloneAsync(KeyedLink call, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            return await _cluster.WriteStatementAsync(
                ConnectionShare.Creations, call, InsertAloneAsync, cancellationToken);
        }
        finally
        {
            _alone.Release();
        }
    }

    private static async Task<AddOnceResult> InsertAloneAsync(
        WriteTransaction write, KeyedLink call, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(AddOne);
        PostgresLinkInserter.BindLink(insert, call.Added);
        insert.Bind(call.Request.Key);
        insert.Bind(call.Request.Hash);
        insert.Bind(IdempotentRequest.RetentionTime);
        var (id, isSame) = await ReadKeyAsync(insert, cancellationToken);
        if (id == IdOf(call))
            return new AddOnceResult.Tried(AddLinkResult.Added);
        return isSame
            ? new AddOnceResult.Repeated(await ReadLinkAsync(write, id, cancellationToken))
            : new AddOnceResult.KeyReused();
    }

    private static async Task<(long LinkId, bool IsSame)> ReadKeyAsync(
        NpgsqlCommand insert, CancellationToken cancellationToken)
    {
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var key = ReadKey(row);
        await row.AwaitCommitAsync(cancellationToken);
        return key;
    }

    private static (long LinkId, bool IsSame) ReadKey(NpgsqlDataReader row) =>
        (row.GetInt64(0), row.GetBoolean(1));

    /// <summary>
    /// Reads the link that an earlier request with the same idempotency key created. PostgreSQL takes a new
    /// snapshot for this separate statement. In the snapshot of the first statement, the link may be missing.
    /// </summary>
    private const string SelectLink = $"SELECT {PostgresLinkLookups.Columns} FROM link WHERE link.id = $1";

    private static async Task<Link> ReadLinkAsync(
        WriteTransaction write, long id, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectLink);
        select.Bind(id);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return PostgresLinkLookups.ReadLink(row);
    }

    private static long IdOf(KeyedLink call) => call.Added.Link.Id.ToInt64();

    /// <param name="Calls">The links to insert; each key occurs once.</param>
    /// <param name="Results">Receives the results, by the id of the link to insert.</param>
    private sealed record KeyedBatch(List<KeyedLink> Calls, Dictionary<long, AddOnceResult> Results);
}
