using Npgsql;
using Terse.Access;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IBlockStore"/>
/// <remarks>
/// A trigger gives the table a new revision with each change, and notifies all servers. Changes run one after
/// the other, because each of them locks the row of <c>block_state</c>.
/// </remarks>
internal sealed class PostgresBlockStore(Cluster cluster, TimeProvider time) : IBlockStore
{
    /// <inheritdoc/>
    /// <remarks>A notification arrives within milliseconds; the checks replace lost notifications.</remarks>
    public TimeSpan CheckInterval => TimeSpan.FromSeconds(0.8);

    private const string SelectHosts =
        """
        SELECT s.revision, b.host, b.subdomains
        FROM block_state AS s LEFT JOIN block AS b ON s.revision IS DISTINCT FROM $1
        """;

    /// <inheritdoc/>
    public async Task<StoredBlocks> ReadAsync(
        Guid? known, bool isLatest, CancellationToken cancellationToken)
    {
        var freshness = isLatest ? Freshness.Latest : Freshness.Any;
        return await TryReadAsync(known, ReadHostsAsync, freshness, cancellationToken)
            ?? new(Revision: null, Hosts: null);
    }

    private static async Task<StoredBlocks?> ReadHostsAsync(
        ReadTransaction read, Guid? known, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectHosts);
        select.Bind(known);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        Guid? revision = null;
        var hosts = new List<BlockedHost>();
        while (await row.ReadAsync(cancellationToken))
        {
            revision = row.GetGuid(0);
            if (!await row.IsDBNullAsync(1, cancellationToken))
                hosts.Add(new(row.GetString(1), row.GetBoolean(2)));
        }

        return new(revision, revision == known ? null : hosts);
    }

    private const string Columns = "id, host, subdomains, reason, created_at";

    private const string SelectPage =
        $"SELECT {Columns} FROM block WHERE id < coalesce($1, 9223372036854775807) ORDER BY id DESC LIMIT $2";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Block>> ListAsync(
        long? before, int limit, CancellationToken cancellationToken) =>
        await TryReadAsync((before, limit), ListAsync, Freshness.Latest, cancellationToken) ?? [];

    private static async Task<List<Block>?> ListAsync(
        ReadTransaction read, (long? Before, int Limit) page, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectPage);
        select.Bind(page.Before);
        select.Bind(page.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var blocks = new List<Block>();
        while (await row.ReadAsync(cancellationToken))
            blocks.Add(ReadBlock(row));
        return blocks;
    }

    private const string SelectOne = $"SELECT {Columns} FROM block WHERE host = $1";

    /// <inheritdoc/>
    public Task<Block?> FindAsync(string host, CancellationToken cancellationToken) =>
        TryReadAsync(host, FindAsync, Freshness.Latest, cancellationToken);

    private static async Task<Block?> FindAsync(
        ReadTransaction read, string host, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectOne);
        select.Bind(host);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? ReadBlock(row) : null;
    }

    private static Block ReadBlock(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetBoolean(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        row.GetFieldValue<DateTimeOffset>(4));

    /// <summary>Locks the table until the end of the transaction.</summary>
    private const string LockState = "SELECT FROM block_state FOR UPDATE";

    private const string CountOthers = "SELECT count(*) FROM block WHERE host <> $1";

    private const string Upsert =
        $"""
        INSERT INTO block (host, subdomains, reason, created_at, changed_by, changed_from)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (host) DO UPDATE SET subdomains = excluded.subdomains, reason = excluded.reason,
            changed_by = excluded.changed_by, changed_from = excluded.changed_from
        RETURNING {Columns}
        """;

    /// <inheritdoc/>
    public Task<AddBlockResult> AddAsync(Block block, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync((block, actor), AddAsync, cancellationToken);

    private static async Task<AddBlockResult> AddAsync(
        WriteTransaction write, (Block Block, Actor Actor) added, CancellationToken cancellationToken)
    {
        var (block, actor) = added;
        await using var locking = write.CreateCommand(LockState);
        await locking.ExecuteNonQueryAsync(cancellationToken);
        var isNew = await FindAsync(write.AsRead, block.Host, cancellationToken) is null;
        await using var counting = write.CreateCommand(CountOthers);
        counting.Bind(block.Host);
        if ((long)(await counting.ExecuteScalarAsync(cancellationToken))! >= IBlockStore.MaxBlocks)
            return new(Stored: null, IsNew: false);
        await using var upsert = write.CreateCommand(Upsert);
        upsert.Bind(block.Host);
        upsert.Bind(block.IncludesSubdomains);
        upsert.Bind(block.Reason);
        upsert.Bind(block.CreatedAt);
        upsert.Bind(actor.KeyId);
        upsert.Bind(actor.Address);
        await using var row = await upsert.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new(ReadBlock(row), isNew);
    }

    /// <summary>Notes who removes the block, for the audit.</summary>
    private const string SetActor = "UPDATE block SET changed_by = $2, changed_from = $3 WHERE host = $1";

    private const string Delete = "DELETE FROM block WHERE host = $1";

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(string host, Actor actor, CancellationToken cancellationToken) =>
        WriteAsync((host, actor), RemoveAsync, cancellationToken);

    private static async Task<bool> RemoveAsync(
        WriteTransaction write, (string Host, Actor Actor) removed, CancellationToken cancellationToken)
    {
        var (host, actor) = removed;
        await using var locking = write.CreateCommand(LockState);
        await locking.ExecuteNonQueryAsync(cancellationToken);
        await using var update = write.CreateCommand(SetActor);
        update.Bind(host);
        update.Bind(actor.KeyId);
        update.Bind(actor.Address);
        await update.ExecuteNonQueryAsync(cancellationToken);
        await using var delete = write.CreateCommand(Delete);
        delete.Bind(host);
        return await delete.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <returns>Null if the database has the schema of the version before, which has no blocks.</returns>
    private async Task<TResult?> TryReadAsync<TArgument, TResult>(
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult?>> work,
        Freshness freshness,
        CancellationToken cancellationToken)
        where TResult : class
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => cluster.ReadAsync(ConnectionShare.Nodes, freshness, argument, work, token),
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            return null;
        }
    }

    private Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        PostgresNewTables.WriteAsync(cluster, argument, work, "has no blocks", time, cancellationToken);
}
