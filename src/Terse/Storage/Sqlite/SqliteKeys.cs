namespace Terse.Storage.Sqlite;

/// <summary>What the database knows of the ids: their layout, their epoch, and the last one used.</summary>
internal static class SqliteKeys
{
    /// <summary>The only server of an SQLite file mints as node 0.</summary>
    private const int Node = 0;

    /// <summary>
    /// Opens the generator. It starts after the greatest id that any link has, so ids stay unique even when
    /// the clock was set back since.
    /// </summary>
    public static TsidGenerator OpenGenerator(SqliteWriter writer, TimeProvider time)
    {
        var (layout, last) = writer
            .RunAsync(session => (ReadLayout(session, time.GetUtcNow()), ReadLastId(session)), default)
            .GetAwaiter().GetResult();
        return new TsidGenerator(layout, Node, last is { } id ? layout.TickOf(id) : -1, time);
    }

    private const string StoreEpoch =
        "INSERT INTO installation (one, epoch) VALUES (1, ?1) ON CONFLICT DO NOTHING";

    private const string StoreLayout =
        """
        INSERT INTO key_layout (name, tick_length_ms, epoch, node_bits, sequence_bits)
        SELECT ?1, ?2, epoch, ?3, ?4 FROM installation WHERE true
        ON CONFLICT (name) DO NOTHING
        """;

    private const string SelectLayout =
        "SELECT name, tick_length_ms, epoch, node_bits, sequence_bits FROM key_layout WHERE name = ?1";

    private static TsidLayout ReadLayout(SqliteSession session, DateTimeOffset now)
    {
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var ours = TsidLayout.Terse(midnight);
        session.Command(StoreEpoch, midnight.ToUnixTimeMilliseconds()).ExecuteNonQuery();
        session.Command(
            StoreLayout, ours.Name, (long)ours.TickLength.TotalMilliseconds, ours.NodeBits, ours.SequenceBits)
            .ExecuteNonQuery();

        using var row = session.Command(SelectLayout, ours.Name).ExecuteReader();
        row.Read();
        return new TsidLayout(
            row.GetString(0),
            TimeSpan.FromMilliseconds(row.GetInt64(1)),
            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
            row.GetInt32(3),
            row.GetInt32(4));
    }

    private const string SelectLastId = "SELECT max(id) FROM link";

    private static Tsid? ReadLastId(SqliteSession session) =>
        session.Command(SelectLastId).ExecuteScalar() is long last ? new Tsid(last) : null;
}
