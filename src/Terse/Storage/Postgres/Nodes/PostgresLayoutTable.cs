using Npgsql;
using Terse.Horizon;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <summary>
/// Reads and writes the layouts of ids (<see cref="StoredLayouts"/>) in the transaction of the caller.
/// </summary>
internal static class PostgresLayoutTable
{
    /// <summary>
    /// An SQL expression that returns a hash of all layouts and of the check value of the secret. Two
    /// snapshots with the same hash read the same time from every code. The number of layouts alone does not
    /// prove this, because a failover can replace a layout, and the database can be moved.
    /// </summary>
    public const string Fingerprint =
        """
        (SELECT coalesce(bit_xor(hash_record_extended(
            (number, tick_length, epoch, node_bits, sequence_bits, since, opaque, secret_check), 0)), 0)
        FROM id_layout CROSS JOIN installation)
        """;

    private const string SelectLayouts =
        $"""
        SELECT i.secret_check, k.number, k.name, k.tick_length, k.epoch, k.node_bits, k.sequence_bits,
            k.since, k.opaque, {Fingerprint}
        FROM installation AS i LEFT JOIN id_layout AS k ON true
        ORDER BY k.number
        """;

    public static async Task<StoredLayouts> ReadAsync(
        ReadTransaction read, CancellationToken cancellationToken)
    {
        var layouts = new List<IdLayout>();
        string? check = null;
        var fingerprint = 0L;
        await using var select = read.CreateCommand(SelectLayouts);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            check = await row.IsDBNullAsync(0, cancellationToken) ? null : row.GetString(0);
            fingerprint = row.GetInt64(9);
            if (!await row.IsDBNullAsync(1, cancellationToken))
                layouts.Add(ReadLayout(row));
        }

        return new(layouts, check) { Fingerprint = fingerprint };
    }

    private static IdLayout ReadLayout(NpgsqlDataReader row)
    {
        var (epoch, since) = (row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(7));
        var ids = new TsidLayout(
            row.GetString(2), row.GetFieldValue<TimeSpan>(3), epoch, row.GetInt32(5), row.GetInt32(6));
        return new(row.GetInt32(1), ids, since, row.GetBoolean(8));
    }

    private const string StoreCheck = "UPDATE installation SET secret_check = $1";

    private const string InsertLayout =
        """
        INSERT INTO id_layout (number, name, tick_length, epoch, node_bits, sequence_bits, since, opaque)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    public static async Task StoreAsync(
        WriteTransaction write, StoredLayouts layouts, int storedCount, CancellationToken cancellationToken)
    {
        await using var check = write.CreateCommand(StoreCheck);
        check.Bind(layouts.SecretCheck);
        await check.ExecuteNonQueryAsync(cancellationToken);
        foreach (var layout in layouts.Layouts.Skip(storedCount))
            await InsertAsync(write, layout, cancellationToken);
    }

    private static async Task InsertAsync(
        WriteTransaction write, IdLayout layout, CancellationToken cancellationToken)
    {
        await using var insert = write.CreateCommand(InsertLayout);
        insert.Bind(layout.Number);
        insert.Bind(layout.Ids.Name);
        insert.Bind(layout.Ids.TickLength);
        insert.Bind(layout.Ids.Epoch);
        insert.Bind(layout.Ids.NodeBits);
        insert.Bind(layout.Ids.SequenceBits);
        insert.Bind(layout.Since);
        insert.Bind(layout.Opaque);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}
