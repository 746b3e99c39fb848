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

    /// <summary>
    /// The rows of one link in a time range. CROSS JOIN makes SQLite search for each hour in the index. A
    /// statement reads hours and days in one snapshot, so a count that moves from an hour to a day is in
    /// exactly one of them.
    /// </summary>
    private const string Counts =
        """
        WITH RECURSIVE span(hour) AS (
            SELECT max(?2, (SELECT min(hour) FROM hour_count))
            UNION ALL
            SELECT hour + 1 FROM span
            WHERE hour + 1 < ?3 AND hour < (SELECT max(hour) FROM hour_count)
        ), counted AS (
            SELECT c.hour, c.visits, c.bot_visits, c.by_value
            FROM span CROSS JOIN hour_count AS c ON c.hour = span.hour AND c.link_id = ?1
            WHERE span.hour < ?3
            UNION ALL
            -- The visits of a day belong to its hour 12:00.
            SELECT day * 24 + 12, visits, bot_visits, by_value FROM day_count
            WHERE link_id = ?1 AND day >= ?4 AND day < ?5
        )
        """;

    private const string SelectHours = $"{Counts} SELECT hour, visits, bot_visits FROM counted";

    /// <inheritdoc/>
    public Task<IReadOnlyList<HourCount>> CountHoursAsync(
        VisitRange range, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(CountHours, range));

    private static IReadOnlyList<HourCount> CountHours(SqliteSession session, VisitRange range)
    {
        var row = BindCounts(session.Rows(SelectHours), range);
        var hours = new List<HourCount>();
        while (row.Read())
            hours.Add(new(row.Number(0), new(row.Number(1), row.Number(2))));
        return HourCount.AddUp(hours);
    }

    private const string SelectValues = $"{Counts} SELECT visits, bot_visits, by_value FROM counted";

    /// <inheritdoc/>
    public Task<ValueCounts> CountValuesAsync(
        VisitRange range, VisitDimension dimension, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(CountValues, (range, dimension)).Take(limit));

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<RedirectOutcome, VisitSum>> CountMissedAsync(
        VisitRange range, CancellationToken cancellationToken) =>
        Task.FromResult(
            readers.Run(CountValues, (range with { Link = VisitRange.Missed }, VisitDimension.Outcome))
                .TakeOutcomes());

    private static ValueSums CountValues(
        SqliteSession session, (VisitRange Range, VisitDimension Dimension) query)
    {
        var row = BindCounts(session.Rows(SelectValues), query.Range);
        var sums = new ValueSums(query.Dimension);
        while (row.Read())
            sums.Add(new(row.Number(0), row.Number(1)), row.Bytes(2));
        return sums;
    }

    private static SqliteRows BindCounts(SqliteRows select, VisitRange range) => select
        .With(range.Link)
        .With(range.FirstHour)
        .With(range.EndHour)
        .With(DayCount.Ceiling(range.FirstHour))
        .With(DayCount.Ceiling(range.EndHour));

    /// <inheritdoc/>
    public Task<VisitList> ListAsync(VisitPage page, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(List, page));

    /// <summary>
    /// Lists visits, the newest first. All statements run in one transaction; otherwise another connection
    /// could drop a day's table after this method has read the list of days.
    /// </summary>
    private static VisitList List(SqliteSession session, VisitPage page)
    {
        session.Command("BEGIN").ExecuteNonQuery();
        var (first, last) = (VisitPartition.DayOf(page.Range.From), VisitPartition.DayOf(page.End.At));
        var scan = new Scan(page);
        foreach (var day in SqliteVisitPartitions.Read(session).AsEnumerable().Reverse())
        {
            if (day >= first && day <= last && !scan.IsComplete)
                List(session, scan, day);
        }

        session.Command("COMMIT").ExecuteNonQuery();
        return scan.Result;
    }

    private static void List(SqliteSession session, Scan scan, DateOnly day)
    {
        var page = scan.Page;
        using var row = session.Command(
            SelectVisits(day, page.Range.Link),
            SqliteVisitPartitions.RowIdOf(new(page.Range.From, 0), day),
            SqliteVisitPartitions.RowIdOf(page.End, day),
            page.Range.Link).ExecuteReader();
        while (!scan.IsComplete && row.Read())
        {
            var position = SqliteVisitPartitions.PositionOf(row.GetInt64(0), day);
            scan.Add(position, page.IncludeBots || !row.GetBoolean(4) ? ReadVisit(row, position) : null);
        }
    }

    /// <summary>
    /// The progress of one call of <see cref="ListAsync"/>: the visits found so far, how many visits were
    /// read, and the position of the last visit that was read.
    /// </summary>
    private sealed class Scan(VisitPage page)
    {
        private readonly List<StoredVisit> _found = [];
        private VisitPosition? _last;
        private int _scanned;

        public VisitPage Page => page;

        public bool IsComplete => _found.Count > page.Limit || _scanned >= page.MaxScanned;

        public VisitList Result => VisitList.Of(page, _found, _scanned, _last);

        /// <param name="position">The position of a visit.</param>
        /// <param name="visit">The visit; null if it does not belong to the list.</param>
        public void Add(VisitPosition position, StoredVisit? visit)
        {
            (_last, _scanned) = (position, _scanned + 1);
            if (visit is not null)
                _found.Add(visit);
        }
    }

    private static string SelectVisits(DateOnly day, long link) =>
        $"""
        SELECT v.id, v.link_id, coalesce(l.domain, ''), coalesce(l.code, ''),
            v.is_bot, v.country, v.referrer, v.browser, v.os, v.device
        FROM {VisitPartition.TableName(day)} AS v LEFT JOIN link AS l ON l.id = v.link_id
        WHERE v.id >= ?1 AND v.id < ?2 AND {(link == VisitRange.AllLinks ? "?3 = 0" : "v.link_id = ?3")}
        ORDER BY v.id DESC
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
