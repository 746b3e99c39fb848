using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="ICreationStore"/>
/// <remarks>
/// One statement on the primary, so that no server that stands still holds a key, or the horizon, in the
/// middle of it. Whoever comes with a key that another transaction is about to store waits for its end.
/// </remarks>
internal sealed class PostgresCreationStore(Cluster cluster, TimeProvider time) : ICreationStore, IDisposable
{
    /// <summary>
    /// Statements at once: those of one key wait for each other, and are to leave connections for the rest.
    /// </summary>
    private readonly SemaphoreSlim _statements = new(8);

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
                token => AddOnceAsync((request, link, tickEnd), token), time, cancellationToken);
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
            throw PostgresErrors.OfEarlierSchema("keeps no rules of links", exception);
        }
    }

    private async Task<AddOnceResult> AddOnceAsync(
        (IdempotentRequest, Link, DateTimeOffset) added, CancellationToken cancellationToken)
    {
        await _statements.WaitAsync(cancellationToken);
        try
        {
            return await cluster.WriteStatementAsync(added, AddOnceAsync, cancellationToken);
        }
        finally
        {
            _statements.Release();
        }
    }

    /// <summary>
    /// A key that is kept stays as it is, and its row is written all the same: so the latest version of it is
    /// seen, whatever the snapshot, and the commit, which comes after that of the link in the log, waits for
    /// the replicas that a commit has to wait for. A link that cannot be added is an error, which undoes the
    /// key as well. The rows that are removed are never waited for.
    /// </summary>
    private const string KeepKey =
        """
        WITH kept AS (
            INSERT INTO idempotency AS i (key, request, link_id) VALUES ($7, $8, $1)
            ON CONFLICT (key) DO UPDATE SET
                request = CASE WHEN i.created_at > statement_timestamp() - $9
                    THEN i.request ELSE excluded.request END,
                link_id = CASE WHEN i.created_at > statement_timestamp() - $9
                    THEN i.link_id ELSE excluded.link_id END,
                created_at = CASE WHEN i.created_at > statement_timestamp() - $9
                    THEN i.created_at ELSE excluded.created_at END
            RETURNING link_id, request = $8 AS is_same
        ), forgotten AS (
            DELETE FROM idempotency WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM idempotency
                WHERE created_at <= statement_timestamp() - $9 AND key <> $7
                ORDER BY created_at LIMIT 4
                FOR UPDATE SKIP LOCKED))
        )
        """;

    private const string AddOnce =
        $"""
        {KeepKey}, made AS (
            INSERT INTO link ({PostgresLinkInserter.Columns})
            SELECT $1, $2, $3, $4, $5, $6 FROM kept WHERE kept.link_id = $1
        )
        SELECT link_id, is_same FROM kept
        """;

    private const string AddOnceWithRules =
        $"""
        {KeepKey}, made AS (
            INSERT INTO link ({PostgresLinkInserter.Columns}, {PostgresLinkInserter.RuleColumns})
            SELECT $1, $2, $3, $4, $5, $6, $10, $11 FROM kept WHERE kept.link_id = $1
        )
        SELECT link_id, is_same FROM kept
        """;

    private static async Task<AddOnceResult> AddOnceAsync(
        WriteTransaction write,
        (IdempotentRequest Request, Link Link, DateTimeOffset TickEnd) added,
        CancellationToken cancellationToken)
    {
        var hasRules = PostgresLinkInserter.HasRules(added.Link);
        await using var insert = write.CreateCommand(hasRules ? AddOnceWithRules : AddOnce);
        PostgresLinkInserter.BindLink(insert, new(added.Link, added.TickEnd));
        insert.Bind(added.Request.Key);
        insert.Bind(added.Request.Hash);
        insert.Bind(IdempotentRequest.RetentionTime);
        if (hasRules)
            PostgresLinkInserter.BindRules(insert, added.Link);
        var (id, isSame) = await ReadKeptAsync(insert, cancellationToken);
        if (id == added.Link.Id.ToInt64())
            return new AddOnceResult.Tried(AddLinkResult.Added);
        return isSame
            ? new AddOnceResult.Repeated(await ReadLinkAsync(write, id, cancellationToken))
            : new AddOnceResult.KeyReused();
    }

    private static async Task<(long LinkId, bool IsSame)> ReadKeptAsync(
        NpgsqlCommand insert, CancellationToken cancellationToken)
    {
        await using var row = await insert.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var kept = ReadKept(row);
        // The row is sent before link and commit are tried; of what fails then, only the end tells.
        await row.NextResultAsync(cancellationToken);
        return kept;
    }

    private static (long LinkId, bool IsSame) ReadKept(NpgsqlDataReader row) =>
        (row.GetInt64(0), row.GetBoolean(1));

    /// <summary>
    /// A statement of its own: the link may have been committed after the first one's snapshot was taken.
    /// </summary>
    private const string SelectLink =
        $"""
        SELECT l.* FROM {PostgresLinkLookups.Absent}
            CROSS JOIN LATERAL (SELECT {PostgresLinkLookups.Columns} FROM link WHERE link.id = $1) AS l
        """;

    private static async Task<Link> ReadLinkAsync(
        WriteTransaction write, long id, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectLink);
        select.Bind(id);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return PostgresLinkLookups.ReadLink(row);
    }
}
