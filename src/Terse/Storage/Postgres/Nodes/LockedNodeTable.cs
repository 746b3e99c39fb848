using Npgsql;
using Terse.Horizon;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <summary>
/// Reads and writes the rows of the table <c>node</c> in one transaction. The table stays locked until the
/// end of the transaction, so that no other Terse server changes the rows meanwhile.
/// </summary>
internal sealed class LockedNodeTable
{
    private LockedNodeTable(WriteTransaction write) => Write = write;

    public WriteTransaction Write { get; }

    /// <summary>
    /// The time of the primary's clock when the table was locked, rounded down to whole milliseconds.
    /// </summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>
    /// The time from which the Terse server mints new ids. This is the later of two instants:
    /// <see cref="Now"/>, or 2 ms after the horizon, rounded down to whole milliseconds. After a failover,
    /// the clock of the new primary can be behind the horizon. The database would then refuse ids that were
    /// minted at <see cref="Now"/>.
    /// </summary>
    public DateTimeOffset MintNow { get; private set; }

    public Dictionary<int, NodeRow> Rows { get; } = [];

    /// <summary>
    /// While a transaction holds this lock, other transactions can read the table, but cannot write to the
    /// table or take the same lock.
    /// </summary>
    private const string Lock = "LOCK TABLE node IN SHARE ROW EXCLUSIVE MODE";

    private const string SelectNow =
        """
        SELECT
            date_trunc('milliseconds', clock_timestamp()),
            date_trunc('milliseconds', greatest(clock_timestamp(), closed_at + interval '2 ms'))
        FROM horizon
        """;

    private const string SelectNodes = "SELECT id, owner, epoch, reserved_until FROM node";

    public static async Task<LockedNodeTable> LockAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        var nodes = new LockedNodeTable(write);
        await using var locking = write.CreateCommand(Lock);
        await locking.ExecuteNonQueryAsync(cancellationToken);

        await using (var now = write.CreateCommand(SelectNow))
        await using (var times = await now.ExecuteReaderAsync(cancellationToken))
        {
            await times.ReadAsync(cancellationToken);
            (nodes.Now, nodes.MintNow) = ReadTimes(times);
        }

        await using var select = write.CreateCommand(SelectNodes);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            nodes.Rows.Add(row.GetInt32(0), ReadNode(row));
        return nodes;
    }

    private static (DateTimeOffset Now, DateTimeOffset MintNow) ReadTimes(NpgsqlDataReader row) =>
        (row.GetFieldValue<DateTimeOffset>(0), row.GetFieldValue<DateTimeOffset>(1));

    private static NodeRow ReadNode(NpgsqlDataReader row) => new(
        row.GetInt32(0),
        row.IsDBNull(1) ? null : row.GetString(1),
        row.GetInt64(2),
        row.GetFieldValue<DateTimeOffset>(3));

    public NodeRow? FindHeld(NodeReservation held) =>
        Rows.TryGetValue(held.Node, out var row) && row.Epoch == held.Epoch ? row : null;

    private const string UpsertNode =
        """
        INSERT INTO node (id, owner, epoch, reserved_until) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET
            owner = excluded.owner, epoch = excluded.epoch, reserved_until = excluded.reserved_until
        """;

    public async Task StoreAsync(NodeRow node, CancellationToken cancellationToken)
    {
        await using var upsert = Write.CreateCommand(UpsertNode);
        upsert.Bind(node.Node);
        upsert.Bind(node.Owner);
        upsert.Bind(node.Epoch);
        upsert.Bind(node.ReservedUntil);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }
}
