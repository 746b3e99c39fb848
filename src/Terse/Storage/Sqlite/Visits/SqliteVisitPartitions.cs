using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitPartitions"/>
/// <remarks>
/// Each day has its own table. A row id consists of the milliseconds since midnight and a running number, so
/// the table is sorted by time, and the index on links is sorted by link and time.
/// </remarks>
internal sealed class SqliteVisitPartitions(SqliteWriter writer, TimeProvider time) : IVisitPartitions
{
    /// <summary>
    /// The number of bits of the running number. The number repeats only after 2^36 visits, far more than one
    /// millisecond can have.
    /// </summary>
    public const int NumberBits = 36;

    /// <summary>
    /// How many visits one transaction deletes at most. The writer needs about 10 ms for this many visits.
    /// </summary>
    private const int MaxDeleted = 500;

    public const long NumberMask = (1L << NumberBits) - 1;

    private const string TakeNumbers =
        "UPDATE visit_number SET next_number = next_number + ?1 RETURNING next_number - ?1";

    /// <summary>Adds one row for each visit of a part of a batch, inside the caller's transaction.</summary>
    public static void Add(SqliteSession session, BatchCounts part)
    {
        if (part.Visits.Count == 0)
            return;
        foreach (var day in part.Days)
            session.Execute(CreateDay(day));
        var number = (long)session.Command(TakeNumbers, part.Visits.Count).ExecuteScalar()!;
        foreach (var day in part.Visits.GroupBy(visit => VisitPartition.DayOf(visit.At)))
        {
            var insert = session.Rows(InsertVisit(day.Key));
            foreach (var visit in day)
                Add(insert, visit, RowIdOf(new(visit.At, number++), day.Key));
        }
    }

    private static void Add(SqliteRows insert, in Visit visit, long rowId) => insert
        .With(rowId)
        .With(visit.Link.ToInt64())
        .With(visit.IsBot ? 1 : 0)
        .With(visit.Country)
        .With(visit.Referrer)
        .With(visit.Browser)
        .With(visit.Os)
        .With(visit.Device)
        .Run();

    /// <summary>
    /// Returns the row id that belongs to a position in the table of the given day. Returns 0 if the position
    /// is before the day, and <see cref="long.MaxValue"/> if the position is after the day.
    /// </summary>
    public static long RowIdOf(VisitPosition position, DateOnly day)
    {
        var sinceMidnight = (long)(position.At - VisitPartition.StartOf(day)).TotalMilliseconds;
        return sinceMidnight < 0 ? 0
            : sinceMidnight >= 86_400_000 ? long.MaxValue
            : (sinceMidnight << NumberBits) | (position.Number & NumberMask);
    }

    public static VisitPosition PositionOf(long rowId, DateOnly day) =>
        new(VisitPartition.StartOf(day).AddMilliseconds(rowId >> NumberBits), rowId & NumberMask);

    private const string SelectDays =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'visit_day_[0-9]*' ORDER BY name";

    /// <summary>Returns the days that have a table, the oldest day first.</summary>
    public static List<DateOnly> Read(SqliteSession session)
    {
        using var row = session.Command(SelectDays).ExecuteReader();
        var days = new List<DateOnly>();
        while (row.Read())
            days.Add(VisitPartition.Parse(row.GetString(0)));
        return days;
    }

    /// <inheritdoc/>
    public async Task<int> DropExpiredAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        var first = VisitPartition.DayOf(time.GetUtcNow() - retention);
        var days = await writer.RunAsync(Read, cancellationToken);
        var dropped = 0;
        foreach (var day in days.Where(day => day < first))
        {
            while (!await writer.RunAsync(session => Drop(session, day), cancellationToken))
                cancellationToken.ThrowIfCancellationRequested();
            dropped++;
        }

        return dropped;
    }

    /// <summary>
    /// Deletes a part of the day's visits. Drops the table only when it is empty, because SQLite frees each
    /// page of a dropped table, and a large table would stop the writer for seconds. Writes that arrive
    /// meanwhile run between two parts.
    /// </summary>
    /// <returns>True if the table is dropped.</returns>
    private static bool Drop(SqliteSession session, DateOnly day)
    {
        var table = VisitPartition.TableName(day);
        if (!Read(session).Contains(day))
            return true;
        if (session.Command(DeleteVisits(table), MaxDeleted).ExecuteNonQuery() > 0)
            return false;
        session.Execute($"DROP TABLE {table}");
        return true;
    }

    private static string DeleteVisits(string table) =>
        $"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id LIMIT ?1)";

    /// <summary>Returns the statements that create the table of a day, if it is missing.</summary>
    public static string CreateDay(DateOnly day)
    {
        var table = VisitPartition.TableName(day);
        return
            $"""
            CREATE TABLE IF NOT EXISTS {table} (
                id       INTEGER PRIMARY KEY, -- milliseconds of the day << {NumberBits} | a number
                link_id  INTEGER NOT NULL,
                is_bot   INTEGER NOT NULL,
                country  TEXT    NOT NULL,
                referrer TEXT    NOT NULL,
                browser  TEXT    NOT NULL,
                os       TEXT    NOT NULL,
                device   TEXT    NOT NULL
            ) STRICT;
            CREATE INDEX IF NOT EXISTS {table}_link ON {table} (link_id);
            """;
    }

    private static string InsertVisit(DateOnly day) =>
        $"""
        INSERT INTO {VisitPartition.TableName(day)} 
            (id, link_id, is_bot, country, referrer, browser, os, device)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """;
}
