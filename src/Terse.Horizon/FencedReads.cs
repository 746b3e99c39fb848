using System.Data;
using System.Runtime.InteropServices;
using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// A position in the write-ahead log of a primary. A replica that has replayed the log up to this position
/// has every write that was acknowledged before the fence was requested.
/// </summary>
/// <param name="Generation">
/// The <see cref="ClusterPrimary.Generation"/> of the primary. Positions in the logs of different primaries
/// cannot be compared.
/// </param>
/// <param name="Position">The position in bytes since the start of the log.</param>
/// <param name="ClosedAt">
/// The horizon of the primary at the fence. A replica that shows an earlier horizon has not replayed the
/// fence, whatever its position: it may follow another primary, which has not beaten yet.
/// </param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Fence(int Generation, long Position, DateTimeOffset ClosedAt);

/// <summary>
/// Requests fences from the primary, and reads on replicas together with the position that the replica has
/// replayed. So a caller can prove that a replica has every write that was acknowledged before some instant,
/// also if the writes have no <c>written_at</c> that the caller knows. Safe for use by any number of threads.
/// </summary>
public sealed class FencedReads
{
    private readonly IReadOnlyList<DatabaseHost> _hosts;
    private readonly HostRegistry _registry;

    internal FencedReads(IReadOnlyList<DatabaseHost> hosts, HostRegistry registry) =>
        (_hosts, _registry) = (hosts, registry);

    /// <summary>
    /// The replicas that receive ordinary reads, as indexes of <see cref="Cluster.Hosts"/>.
    /// </summary>
    public IReadOnlyList<int> Replicas => _registry.ReplicasInRotation;

    /// <remarks>
    /// The function returns the end of the record that it writes, so a replica replays exactly up to this
    /// position. Other functions return positions that an idle replica may not reach: the flush position can
    /// be in the middle of a record. The commit waits for the local disk, because the primary sends only
    /// flushed records to replicas. The commit does not wait for a synchronous replica: a fence that is lost
    /// in a failover proves nothing about the next primary. PostgreSQL writes the record in a read-only
    /// transaction, too.
    /// </remarks>
    private const string EmitFence =
        $"""
        SELECT
            CASE WHEN NOT pg_is_in_recovery()
                THEN pg_wal_lsn_diff(pg_logical_emit_message(true, 'terse', ''), '0/0')::bigint END,
            set_config('synchronous_commit', 'local', true),
            snapshot.system_identifier, snapshot.timeline, snapshot.term, snapshot.closed_at
        FROM {HorizonSchema.Snapshot}
        """;

    /// <summary>
    /// Writes a fence into the log of the primary. Writes that are acknowledged before the call are before
    /// the fence.
    /// </summary>
    /// <exception cref="HostUnavailableException">The current primary cannot be reached.</exception>
    public async Task<Fence> RequestFenceAsync(CancellationToken cancellationToken)
    {
        var primary = _hosts[_registry.RequirePrimary()];
        try
        {
            var connection = await primary.OpenForWritesAsync(ConnectionShare.Lookups, cancellationToken)
                .ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
                return await EmitAsync(connection.Connection, primary.Name).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is PostgresException || HostErrors.IsUnavailable(exception))
        {
            throw HostUnavailableException.From(primary.Name, exception);
        }
    }

    private async Task<Fence> EmitAsync(NpgsqlConnection connection, string host)
    {
        var emit = new NpgsqlCommand(EmitFence, connection);
        await using (emit.ConfigureAwait(false))
        {
            var row = await emit.ExecuteReaderAsync().ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                await row.ReadAsync().ConfigureAwait(false);
                return ReadFence(row)
                    ?? throw new HostUnavailableException($"Host {host} is not the current primary.");
            }
        }
    }

    private Fence? ReadFence(NpgsqlDataReader row) =>
        !row.IsDBNull(0) && _registry.GenerationOf(ClusterIdentity.Read(row, 2)) is > 0 and var generation
            ? new(generation, row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(5))
            : null;

    private const string SelectPosition =
        """
        SELECT CASE WHEN pg_is_in_recovery()
            THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint END
        """;

    /// <summary>
    /// Reads the position that a replica has replayed, and then runs a read on the same connection. Every
    /// statement of the read has a snapshot of its own, which is taken after the position was read. So the
    /// snapshot contains every write before that position.
    /// </summary>
    /// <param name="replica">The index of the replica in <see cref="Cluster.Hosts"/>.</param>
    /// <param name="work">
    /// Executes the statements. Receives the replayed position, which is comparable to
    /// <see cref="Fence.Position"/> of the same primary.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="HostUnavailableException">
    /// The host cannot be reached, or is no replica any more.
    /// </exception>
    public async Task<TResult> ReadAsync<TResult>(
        int replica,
        Func<ReadTransaction, long, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        var host = _hosts[replica];
        try
        {
            var pooled = await host.OpenForReadsAsync(ConnectionShare.Lookups, cancellationToken)
                .ConfigureAwait(false);
            await using (pooled.ConfigureAwait(false))
            {
                var connection = pooled.Connection;
                // In every other isolation level, the statements would share the snapshot of the first one,
                // which is older than the position. Through a pooler, such a transaction has begun already.
                // The end of the connection ends the transaction.
                if (!host.HasPooler)
                {
                    await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken)
                        .ConfigureAwait(false);
                }

                var read = new ReadTransaction(connection, host);
                var position = await ReadPositionAsync(read, cancellationToken).ConfigureAwait(false);
                return await work(read, position, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (HostRead.IsLost(exception))
        {
            throw HostUnavailableException.From(host.Name, exception);
        }
    }

    private static async Task<long> ReadPositionAsync(
        ReadTransaction read, CancellationToken cancellationToken)
    {
        var select = read.CreateCommand(SelectPosition);
        await using (select.ConfigureAwait(false))
        {
            return await select.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) as long?
                ?? throw new HostUnavailableException($"Host {read.Host.Name} is no replica any more.");
        }
    }
}
