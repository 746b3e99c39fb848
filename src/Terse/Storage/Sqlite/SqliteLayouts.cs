namespace Terse.Storage.Sqlite;

/// <summary>The layouts of ids that the database knows, and the epoch that they count from.</summary>
internal static class SqliteLayouts
{
    /// <summary>Opens the layout that ids are minted by; at first use it is stored, with the epoch.</summary>
    public static TsidLayout Open(SqliteWriter writer, TimeProvider time) => writer
        .RunAsync(session => Open(session, time.GetUtcNow()), CancellationToken.None)
        .GetAwaiter().GetResult();

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

    private static TsidLayout Open(SqliteSession session, DateTimeOffset now)
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
}
