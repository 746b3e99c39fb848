using Terse.Ids;

namespace Terse.Storage.Sqlite;

/// <summary>Reads and stores a <see cref="StoredLayouts"/>, within a transaction of another's.</summary>
internal static class SqliteLayoutRows
{
    private const string SelectCheck = "SELECT secret_check FROM installation";

    private const string SelectLayouts =
        """
        SELECT number, name, tick_length_ms, epoch, node_bits, sequence_bits, since, opaque
        FROM id_layout
        ORDER BY number
        """;

    public static StoredLayouts Read(SqliteSession session)
    {
        var layouts = new List<IdLayout>();
        using var row = session.Command(SelectLayouts).ExecuteReader();
        while (row.Read())
        {
            var ids = new TsidLayout(
                row.GetString(1),
                TimeSpan.FromMilliseconds(row.GetInt64(2)),
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
                row.GetInt32(4),
                row.GetInt32(5));
            var since = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6));
            layouts.Add(new(row.GetInt32(0), ids, since, row.GetBoolean(7)));
        }

        return new(layouts, session.Command(SelectCheck).ExecuteScalar() as string);
    }

    private const string StoreInstallation =
        """
        INSERT INTO installation (one, epoch, secret_check) VALUES (1, ?1, ?2)
        ON CONFLICT (one) DO UPDATE SET secret_check = excluded.secret_check
        """;

    private const string InsertLayout =
        """
        INSERT INTO id_layout (number, name, tick_length_ms, epoch, node_bits, sequence_bits, since, opaque)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """;

    public static void Store(SqliteSession session, StoredLayouts record, int knownLayouts)
    {
        session.Command(
            StoreInstallation,
            record.Layouts[0].Ids.Epoch.ToUnixTimeMilliseconds(),
            (object?)record.SecretCheck ?? DBNull.Value).ExecuteNonQuery();
        foreach (var layout in record.Layouts.Skip(knownLayouts))
        {
            session.Command(
                InsertLayout,
                (long)layout.Number,
                layout.Ids.Name,
                (long)layout.Ids.TickLength.TotalMilliseconds,
                layout.Ids.Epoch.ToUnixTimeMilliseconds(),
                (long)layout.Ids.NodeBits,
                (long)layout.Ids.SequenceBits,
                layout.Since.ToUnixTimeMilliseconds(),
                layout.Opaque ? 1L : 0L).ExecuteNonQuery();
        }
    }
}
