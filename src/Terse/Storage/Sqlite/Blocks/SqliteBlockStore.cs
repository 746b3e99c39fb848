using Microsoft.Data.Sqlite;
using Terse.Access;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IBlockStore"/>
/// <remarks>
/// Another process can change the blocks, too. A check that finds the known revision reads one row.
/// </remarks>
internal sealed class SqliteBlockStore(SqliteWriter writer, SqliteReaders readers) : IBlockStore
{
    /// <inheritdoc/>
    public TimeSpan CheckInterval => TimeSpan.FromSeconds(0.25);

    private const string SelectRevision = "SELECT revision FROM block_state";

    private const string SelectHosts = "SELECT host, subdomains FROM block";

    /// <inheritdoc/>
    public Task<StoredBlocks> ReadAsync(Guid? known, bool isLatest, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Read, known));

    /// <remarks>
    /// The revision is read first. If a change comes between the two statements, the next check reads the
    /// hosts again.
    /// </remarks>
    private static StoredBlocks Read(SqliteSession session, Guid? known)
    {
        var revision = Guid.Parse((string)session.Command(SelectRevision).ExecuteScalar()!);
        if (revision == known)
            return new(revision, Hosts: null);
        using var row = session.Command(SelectHosts).ExecuteReader();
        var hosts = new List<BlockedHost>();
        while (row.Read())
            hosts.Add(new(row.GetString(0), row.GetBoolean(1)));
        return new(revision, hosts);
    }

    private const string Columns = "id, host, subdomains, reason, created_at";

    private const string SelectPage =
        $"SELECT {Columns} FROM block WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Block>> ListAsync(
        long? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(List, (before ?? long.MaxValue, limit)));

    private static IReadOnlyList<Block> List(SqliteSession session, (long Before, int Limit) page)
    {
        using var row = session.Command(SelectPage, page.Before, page.Limit).ExecuteReader();
        var blocks = new List<Block>();
        while (row.Read())
            blocks.Add(ReadBlock(row));
        return blocks;
    }

    private const string SelectOne = $"SELECT {Columns} FROM block WHERE host = ?1";

    /// <inheritdoc/>
    public Task<Block?> FindAsync(string host, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Find, host));

    private static Block? Find(SqliteSession session, string host)
    {
        using var row = session.Command(SelectOne, host).ExecuteReader();
        return row.Read() ? ReadBlock(row) : null;
    }

    private static Block ReadBlock(SqliteDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetBoolean(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)));

    private const string CountOthers = "SELECT count(*) FROM block WHERE host <> ?1";

    private const string Upsert =
        """
        INSERT INTO block (host, subdomains, reason, created_at, changed_by, changed_from)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (host) DO UPDATE SET subdomains = excluded.subdomains, reason = excluded.reason,
            changed_by = excluded.changed_by, changed_from = excluded.changed_from
        """;

    /// <inheritdoc/>
    public Task<AddBlockResult> AddAsync(Block block, Actor actor, CancellationToken cancellationToken) =>
        writer.RunAsync(session => Add(session, block, actor), cancellationToken);

    private static AddBlockResult Add(SqliteSession session, Block block, Actor actor)
    {
        var isNew = Find(session, block.Host) is null;
        if ((long)session.Command(CountOthers, block.Host).ExecuteScalar()! >= IBlockStore.MaxBlocks)
            return new(Stored: null, IsNew: false);
        session.Command(
            Upsert,
            block.Host,
            block.IncludesSubdomains,
            block.Reason,
            block.CreatedAt.ToUnixTimeMilliseconds(),
            actor.KeyId,
            actor.Address).ExecuteNonQuery();
        return new(Find(session, block.Host), isNew);
    }

    /// <summary>Notes who removes the block, for the audit.</summary>
    private const string SetActor = "UPDATE block SET changed_by = ?2, changed_from = ?3 WHERE host = ?1";

    private const string Delete = "DELETE FROM block WHERE host = ?1";

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(string host, Actor actor, CancellationToken cancellationToken) =>
        writer.RunAsync(
            session =>
            {
                session.Command(SetActor, host, actor.KeyId, actor.Address).ExecuteNonQuery();
                return session.Command(Delete, host).ExecuteNonQuery() == 1;
            },
            cancellationToken);
}
