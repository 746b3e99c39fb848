using Terse.Ids;

namespace Terse.Storage.Sqlite;

/// <summary>Reads and writes <see cref="StoredLayouts"/> inside the caller's transaction.</summary>
internal static class SqliteLayoutTable
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

    public static void Store(SqliteSession session, StoredLayouts layouts, int storedCount)
    {
        session.Command(
            StoreInstallation,
            layouts.Layouts[0].Ids.Epoch.ToUnixTimeMilliseconds(),
            layouts.SecretCheck).ExecuteNonQuery();
        foreach (var layout in layouts.Layouts.Skip(storedCount))
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
