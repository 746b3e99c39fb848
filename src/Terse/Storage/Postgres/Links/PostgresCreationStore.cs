using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ICreationStore"/>
/// <remarks>
/// One statement on the primary stores the idempotency key and the link together. If a Terse server used two
/// statements and failed between them, PostgreSQL would keep two locks until a timeout: the lock on the row
/// of the idempotency key, and the advisory lock of the trigger <c>horizon_guard</c>. If another transaction
/// is storing the same idempotency key, the statement waits until that transaction ends. All requests that
/// wait share one statement (<see cref="PostgresKeyedInserter"/>).
/// </remarks>
internal sealed class PostgresCreationStore(
    Cluster cluster, PostgresKeyedInserter inserter, TimeProvider time) : ICreationStore, IDisposable
{
    /// <summary>
    /// Limits how many links with a taken code have a statement of their own at the same time. Statements
    /// with the same idempotency key wait for each other, and the waiting statements must not use up the
    /// connections that other creations need.
    /// </summary>
    private readonly SemaphoreSlim _statements = new(1);

    public void Dispose() => _statements.Dispose();

    /// <inheritdoc/>
    public async Task<AddOnceResult> AddOnceAsync(
        IdempotentRequest request,
        Link link,
        DateTimeOffset tickEnd,
        CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => AddOnceAsync(request, new(link, tickEnd), token), time, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == HorizonSchema.TooLate)
        {
            return new AddOnceResult.Tried(AddLinkResult.TooLate);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return new AddOnceResult.Tried(
                exception.ConstraintName == "link_pkey" ? AddLinkResult.IdTaken : AddLinkResult.CodeTaken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema("cannot create links", exception);
        }
    }

    private async Task<AddOnceResult> AddOnceAsync(
        IdempotentRequest request, AddedLink added, CancellationToken cancellationToken)
    {
        if (await inserter.Batches.CallAsync(new(request, added), cancellationToken) is { } result)
            return result;
        await _statements.WaitAsync(cancellationToken);
        try
        {
            return await cluster.WriteStatementAsync(
                ConnectionShare.Creations, (request, added), AddOnceAsync, cancellationToken);
        }
        finally
        {
            _statements.Release();
        }
    }

    /// <summary>
    /// Keeps the values of an existing row of the table <c>idempotency AS i</c> until its retention time,
    /// <c>$11</c>, is over.
    /// </summary>
    public const string KeepUntilExpired =
        """
        ON CONFLICT (key) DO UPDATE SET
            request = CASE WHEN i.created_at > statement_timestamp() - $11
                THEN i.request ELSE excluded.request END,
            link_id = CASE WHEN i.created_at > statement_timestamp() - $11
                THEN i.link_id ELSE excluded.link_id END,
            created_at = CASE WHEN i.created_at > statement_timestamp() - $11
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
    public const string AddOnce =
        $"""
        WITH kept AS (
            INSERT INTO idempotency AS i (key, request, link_id) VALUES ($9, $10, $1)
            {KeepUntilExpired}
            RETURNING link_id, request = $10 AS is_same
        ), made AS (
            INSERT INTO link ({PostgresLinkInserter.Columns})
            SELECT $1, $2, $3, $4, $5, $6, $7, $8 FROM kept WHERE kept.link_id = $1
        )
        SELECT link_id, is_same FROM kept
        """;

    private static async Task<AddOnceResult> AddOnceAsync(
        WriteTransaction write,
        (IdempotentRequest Request, AddedLink Added) call,
        CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(AddOnce);
        PostgresLinkInserter.BindLink(insert, call.Added);
        insert.Bind(call.Request.Key);
        insert.Bind(call.Request.Hash);
        insert.Bind(IdempotentRequest.RetentionTime);
        var (id, isSame) = await ReadKeyAsync(insert, cancellationToken);
        if (id == call.Added.Link.Id.ToInt64())
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
        // PostgreSQL sends the row before it inserts the link and commits. Npgsql reports a failure of the
        // insert or the commit only when the reader advances to the next result.
        await row.NextResultAsync(cancellationToken);
        return key;
    }

    private static (long LinkId, bool IsSame) ReadKey(NpgsqlDataReader row) =>
        (row.GetInt64(0), row.GetBoolean(1));

    /// <summary>
    /// Reads the link that an earlier request with the same idempotency key created. PostgreSQL takes a new
    /// snapshot for this separate statement. In the snapshot of the first statement, the link may be missing.
    /// </summary>
    private const string SelectLink = $"SELECT {PostgresLinkLookups.Columns} FROM link WHERE link.id = $1";

    public static async Task<Link> ReadLinkAsync(
        WriteTransaction write, long id, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectLink);
        select.Bind(id);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return PostgresLinkLookups.ReadLink(row);
    }
}
