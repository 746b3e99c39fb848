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

    public PostgresKeyedInserter(Cluster cluster)
    {
        _cluster = cluster;
        _batcher = new(Statements, MaxWaiting, AddAsync);
    }

    /// <summary>
    /// Inserts links and keys in shared statements. The result is null if the shared statement skipped the
    /// link.
    /// </summary>
    public IBatcher<KeyedLink, AddOnceResult?> Batches => _batcher;

    public ValueTask DisposeAsync() => _batcher.DisposeAsync();

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
                ConnectionShare.Creations, (distinct, results), AddAsync, CancellationToken.None);
        }

        return [.. calls.Select(call => results.GetValueOrDefault(IdOf(call)))];
    }

    /// <summary>
    /// Does for many links what <see cref="PostgresCreationStore.AddOnce"/> does for one. Keys and links are
    /// inserted in the order of keys and of codes, so that concurrent statements cannot deadlock.
    /// </summary>
    private const string AddAll =
        $"""
        WITH added AS (
            SELECT * FROM unnest(
                $1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                $7::timestamptz[], $8::bigint[], $9::text[], $10::bytea[])
                AS a({PostgresLinkInserter.Columns}, key, request)
        ), kept AS (
            INSERT INTO idempotency AS i (key, request, link_id)
            SELECT a.key, a.request, a.id FROM added AS a
            WHERE NOT EXISTS (SELECT FROM link AS l WHERE l.domain = a.domain AND l.code = a.code)
            ORDER BY a.key COLLATE "C"
            {PostgresCreationStore.KeepUntilExpired}
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
        WriteTransaction write,
        (List<KeyedLink> Calls, Dictionary<long, AddOnceResult> Results) batch,
        CancellationToken cancellationToken)
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

            // Npgsql reports a failure of an insert or of the commit only when the reader advances to the
            // next result.
            await row.NextResultAsync(cancellationToken);
        }

        foreach (var (id, stored) in repeated)
        {
            batch.Results[id] = new AddOnceResult.Repeated(
                await PostgresCreationStore.ReadLinkAsync(write, stored, cancellationToken));
        }

        return true;
    }

    private static long IdOf(KeyedLink call) => call.Added.Link.Id.ToInt64();
}
