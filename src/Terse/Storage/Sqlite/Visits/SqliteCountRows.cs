using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Adds counts to the rows of <c>hour_count</c> and <c>day_count</c>, inside the caller's transaction. A row
/// contains packed counts that only Terse can add up, so these methods read each row and write the sum.
/// </summary>
internal static class SqliteCountRows
{
    private const string SelectHour =
        "SELECT visits, bot_visits, by_value FROM hour_count WHERE hour = ?1 AND link_id = ?2";

    private const string StoreHour =
        """
        INSERT OR REPLACE INTO hour_count (hour, link_id, visits, bot_visits, by_value)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """;

    public static void AddToHours(SqliteSession session, IReadOnlyList<CountRow> rows) =>
        Add(rows, session.Rows(SelectHour), session.Rows(StoreHour));

    private const string SelectDay =
        "SELECT visits, bot_visits, by_value FROM day_count WHERE day = ?1 AND link_id = ?2";

    private const string StoreDay =
        """
        INSERT OR REPLACE INTO day_count (day, link_id, visits, bot_visits, by_value)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """;

    public static void AddToDays(SqliteSession session, IReadOnlyList<CountRow> rows) =>
        Add(rows, session.Rows(SelectDay), session.Rows(StoreDay));

    private static void Add(IReadOnlyList<CountRow> rows, SqliteRows select, SqliteRows store)
    {
        foreach (var row in rows)
        {
            var (sum, packed) = (row.Sum, row.Values.Pack());
            if (select.With(row.Period).With(row.Link).Read())
            {
                var stored = new CountRow(row.Link, row.Period);
                stored.Add(new(select.Number(0), select.Number(1)), select.Bytes(2));
                stored.Add(sum, packed);
                (sum, packed) = (stored.Sum, stored.Values.Pack());
                select.Reset();
            }

            store.With(row.Period).With(row.Link).With(sum.Visits).With(sum.Bots).With(packed).Run();
        }
    }
}
