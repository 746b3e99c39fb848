using Microsoft.Data.Sqlite;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitReader"/>
internal sealed class SqliteVisitReader(SqliteReaders readers) : IVisitReader
{
    private const string SelectTotal = "SELECT visits, bot_visits FROM visit_total WHERE link_id = ?1";

    /// <inheritdoc/>
    public Task<VisitSum> ReadTotalAsync(Tsid link, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(ReadTotal, link.ToInt64()));

    private static VisitSum ReadTotal(SqliteSession session, long link)
    {
        using var row = session.Command(SelectTotal, link).ExecuteReader();
        return row.Read() ? new(row.GetInt64(0), row.GetInt64(1)) : default;
    }

    private const string SelectHours =
        """
        SELECT hour, sum(iif(is_bot, 0, visits)), sum(iif(is_bot, visits, 0)) FROM visit_count
        WHERE link_id = ?1 AND kind = 0 AND hour >= ?2 AND hour < ?3
        GROUP BY hour ORDER BY hour
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<HourCount>> CountHoursAsync(
        VisitRange range, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(CountHours, range));

    private static IReadOnlyList<HourCount> CountHours(SqliteSession session, VisitRange range)
    {
        using var row = session.Command(
            SelectHours, range.Link, range.FirstHour, range.EndHour).ExecuteReader();
        var hours = new List<HourCount>();
        while (row.Read())
            hours.Add(new(row.GetInt64(0), ReadSum(row, 1)));
        return hours;
    }

    /// <summary>
    /// The first result row has kind 0 and counts all visits. Each further row counts the visits with one
    /// value, such as one country. The last two columns contain the sums over all values, including the
    /// values that the LIMIT clause cuts off.
    /// </summary>
    private const string SelectValues =
        """
        SELECT kind, value, people, bots,
            coalesce(sum(people) FILTER (WHERE kind > 0) OVER (), 0),
            coalesce(sum(bots) FILTER (WHERE kind > 0) OVER (), 0)
        FROM (
            SELECT kind, value, sum(iif(is_bot, 0, visits)) AS people, sum(iif(is_bot, visits, 0)) AS bots
            FROM visit_count
            WHERE link_id = ?1 AND kind IN (0, ?4) AND hour >= ?2 AND hour < ?3
            GROUP BY kind, value)
        ORDER BY kind > 0, people DESC, bots DESC, value
        LIMIT ?5 + 1
        """;

    /// <inheritdoc/>
    public Task<ValueCounts> CountValuesAsync(
        VisitRange range, VisitDimension dimension, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(CountValues, (range, dimension, limit)));

    private static ValueCounts CountValues(
        SqliteSession session, (VisitRange Range, VisitDimension Dimension, int Limit) query)
    {
        var (range, dimension, limit) = query;
        using var row = session.Command(
            SelectValues, range.Link, range.FirstHour, range.EndHour, (long)dimension, limit).ExecuteReader();
        if (!row.Read())
            return new(default, default, []);
        var (all, known, values) = (ReadSum(row, 2), ReadSum(row, 4), new List<ValueCount>());
        while (row.Read())
            values.Add(new(row.GetString(1), ReadSum(row, 2)));
        return new(all, known, values);
    }

    private const string SelectMissed =
        """
        SELECT kind, sum(iif(is_bot, 0, visits)), sum(iif(is_bot, visits, 0)) FROM missed_visit
        WHERE hour >= ?1 AND hour < ?2
        GROUP BY kind
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<RedirectOutcome, VisitSum>> CountMissedAsync(
        VisitRange range, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(CountMissed, range));

    private static IReadOnlyDictionary<RedirectOutcome, VisitSum> CountMissed(
        SqliteSession session, VisitRange range)
    {
        using var row = session.Command(SelectMissed, range.FirstHour, range.EndHour).ExecuteReader();
        var missed = new Dictionary<RedirectOutcome, VisitSum>();
        while (row.Read())
            missed.Add((RedirectOutcome)row.GetByte(0), ReadSum(row, 1));
        return missed;
    }

    private static VisitSum ReadSum(SqliteDataReader row, int column) =>
        new(row.GetInt64(column), row.GetInt64(column + 1));

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredVisit>> ListAsync(VisitPage page, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(List, page));

    /// <summary>
    /// Lists visits, the newest first. All statements run in one transaction; otherwise another connection
    /// could drop a day's table after this method has read the list of days.
    /// </summary>
    private static IReadOnlyList<StoredVisit> List(SqliteSession session, VisitPage page)
    {
        session.Command("BEGIN").ExecuteNonQuery();
        var (first, last) = (VisitPartition.DayOf(page.Range.From), VisitPartition.DayOf(page.End.At));
        var visits = new List<StoredVisit>();
        foreach (var day in SqliteVisitPartitions.Read(session).AsEnumerable().Reverse())
        {
            if (day >= first && day <= last && visits.Count < page.Limit)
                List(session, page, day, visits);
        }

        session.Command("COMMIT").ExecuteNonQuery();
        return visits;
    }

    private static void List(SqliteSession session, VisitPage page, DateOnly day, List<StoredVisit> visits)
    {
        using var row = session.Command(
            SelectVisits(day, page.Range.Link),
            SqliteVisitPartitions.RowIdOf(new(page.Range.From, 0), day),
            SqliteVisitPartitions.RowIdOf(page.End, day),
            page.IncludeBots,
            page.Limit - visits.Count,
            page.Range.Link).ExecuteReader();
        while (row.Read())
            visits.Add(ReadVisit(row, SqliteVisitPartitions.PositionOf(row.GetInt64(0), day)));
    }

    private static string SelectVisits(DateOnly day, long link) =>
        $"""
        SELECT v.id, v.link_id, coalesce(l.domain, ''), coalesce(l.code, ''),
            v.is_bot, v.country, v.referrer, v.browser, v.os, v.device
        FROM {VisitPartition.TableName(day)} AS v LEFT JOIN link AS l ON l.id = v.link_id
        WHERE v.id >= ?1 AND v.id < ?2 AND (?3 OR NOT v.is_bot)
            AND {(link == VisitRange.AllLinks ? "?5 = 0" : "v.link_id = ?5")}
        ORDER BY v.id DESC
        LIMIT ?4
        """;

    private static StoredVisit ReadVisit(SqliteDataReader row, VisitPosition position) => new(
        position,
        row.GetString(2),
        row.GetString(3),
        new(
            Tsid.FromInt64(row.GetInt64(1)),
            position.At,
            RedirectOutcome.Followed,
            row.GetBoolean(4),
            row.GetString(5),
            row.GetString(6),
            row.GetString(7),
            row.GetString(8),
            row.GetString(9)));
}
