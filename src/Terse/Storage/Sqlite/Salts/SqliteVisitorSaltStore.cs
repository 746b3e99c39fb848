using Terse.Redirects;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitorSaltStore"/>
/// <remarks>A server with SQLite runs alone, so the salts only survive its restart.</remarks>
internal sealed class SqliteVisitorSaltStore(SqliteWriter writer, TimeProvider time) : IVisitorSaltStore
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<DailySalt>> ShareAsync(
        byte[] today, byte[] tomorrow, CancellationToken cancellationToken)
    {
        var day = DailySalt.DayOf(time.GetUtcNow());
        return writer.RunAsync<IReadOnlyList<DailySalt>>(
            session => Share(session, [new(day, today), new(day + 1, tomorrow)]), cancellationToken);
    }

    private const string DeleteEarlier = "DELETE FROM visitor_salt WHERE day < ?1";

    private const string Insert =
        "INSERT INTO visitor_salt (day, salt) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

    private const string Select = "SELECT salt FROM visitor_salt WHERE day = ?1";

    private static List<DailySalt> Share(SqliteSession session, DailySalt[] salts)
    {
        session.Command(DeleteEarlier, (long)salts[0].Day).ExecuteNonQuery();
        var stored = new List<DailySalt>();
        foreach (var (day, salt) in salts)
        {
            session.Command(Insert, (long)day, salt).ExecuteNonQuery();
            stored.Add(new(day, (byte[])session.Command(Select, (long)day).ExecuteScalar()!));
        }

        return stored;
    }
}
