using Npgsql;
using Terse.Horizon;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitReader"/>
internal sealed class PostgresVisitReader : IVisitReader, IAsyncDisposable
{
    /// <summary>How many requests may wait for the total of a link.</summary>
    private const int MaxWaiting = 4_096;

    private readonly PostgresVisitTransactions _visits;
    private readonly TimeProvider _time;
    private readonly Batcher<long, VisitSum> _totals;

    public PostgresVisitReader(PostgresVisitTransactions visits, TimeProvider time)
    {
        (_visits, _time) = (visits, time);
        _totals = new(
            "visit-totals",
            statements: 1,
            MaxWaiting,
            links => _visits.ReadAsync(
                ConnectionShare.Lookups, links, ReadTotalsAsync, CancellationToken.None));
    }

    public ValueTask DisposeAsync() => _totals.DisposeAsync();

    private const string SelectTotals =
        "SELECT link_id, visits, bot_visits FROM visit_total WHERE link_id = ANY ($1)";

    /// <inheritdoc/>
    /// <remarks>One statement reads the totals for all requests that wait.</remarks>
    public Task<VisitSum> ReadTotalAsync(Tsid link, CancellationToken cancellationToken) =>
        PostgresErrors.WithTimeoutAsync(
            token => _totals.CallAsync(link.ToInt64(), token), _time, cancellationToken);

    private static async Task<IReadOnlyList<VisitSum>> ReadTotalsAsync(
        ReadTransaction read, IReadOnlyList<long> links, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectTotals);
        select.BindColumn(links, link => link);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var totals = new Dictionary<long, VisitSum>();
        while (await row.ReadAsync(cancellationToken))
            totals.Add(row.GetInt64(0), ReadSum(row, 1));
        return [.. links.Select(link => totals.GetValueOrDefault(link))];
    }

    /// <summary>
    /// The rows of one link in a time range. The lateral subquery makes PostgreSQL search for each hour in
    /// the index, whatever it knows about the table. A statement reads hours and days in one snapshot, so a
    /// count that moves from an hour to a day is in exactly one of them.
    /// </summary>
    private const string FromCounts =
        """
        FROM (
            SELECT c.*
            FROM generate_series(
                    greatest($2::integer, (SELECT min(hour) FROM hour_count)),
                    least($3::integer - 1, (SELECT max(hour) FROM hour_count))) AS span(hour)
                CROSS JOIN LATERAL (
                    SELECT h.hour, h.visits, h.bot_visits, h.by_value FROM hour_count AS h
                    WHERE h.hour = span.hour AND h.link_id = $1 LIMIT 1) AS c
            UNION ALL
            -- The visits of a day belong to its hour 12:00.
            SELECT day * 24 + 12, visits, bot_visits, by_value FROM day_count
            WHERE link_id = $1 AND day >= $4 AND day < $5) AS counted
        """;

    private const string SelectHours = $"SELECT hour, visits, bot_visits {FromCounts}";

    /// <inheritdoc/>
    public Task<IReadOnlyList<HourCount>> CountHoursAsync(
        VisitRange range, CancellationToken cancellationToken) =>
        _visits.ReadAsync(ConnectionShare.Reports, range, CountHoursAsync, cancellationToken);

    private static async Task<IReadOnlyList<HourCount>> CountHoursAsync(
        ReadTransaction read, VisitRange range, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectHours);
        BindCounts(select, range);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var hours = new List<HourCount>();
        while (await row.ReadAsync(cancellationToken))
            hours.Add(new(row.GetInt32(0), ReadSum(row, 1)));
        return HourCount.AddUp(hours);
    }

    private const string SelectValues = $"SELECT visits, bot_visits, by_value {FromCounts}";

    /// <inheritdoc/>
    public async Task<ValueCounts> CountValuesAsync(
        VisitRange range, VisitDimension dimension, int limit, CancellationToken cancellationToken)
    {
        var sums = await _visits.ReadAsync(
            ConnectionShare.Reports, (range, dimension), CountValuesAsync, cancellationToken);
        return sums.Take(limit);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<RedirectOutcome, VisitSum>> CountMissedAsync(
        VisitRange range, CancellationToken cancellationToken)
    {
        var sums = await _visits.ReadAsync(
            ConnectionShare.Reports,
            (range with { Link = VisitRange.Missed }, VisitDimension.Outcome),
            CountValuesAsync,
            cancellationToken);
        return sums.TakeOutcomes();
    }

    private static async Task<ValueSums> CountValuesAsync(
        ReadTransaction read,
        (VisitRange Range, VisitDimension Dimension) query,
        CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectValues);
        BindCounts(select, query.Range);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var sums = new ValueSums(query.Dimension);
        while (await row.ReadAsync(cancellationToken))
        {
            var (sum, packed) = PostgresCountRows.Read(row, 0);
            sums.Add(sum, packed);
        }

        return sums;
    }

    /// <summary>
    /// Reads a limited number of visits, newest first, and selects the visits of people from them. The first
    /// three columns contain how many visits were read, and the position of the last of them. Without a
    /// selected visit, the result has one row whose other columns are null.
    /// </summary>
    private const string SelectScanned =
        """
        ORDER BY at DESC, number DESC LIMIT $7)
        SELECT (SELECT count(*) FROM scanned),
            (SELECT at FROM scanned ORDER BY at, number LIMIT 1),
            (SELECT number FROM scanned ORDER BY at, number LIMIT 1),
            v.at, v.number, v.link_id, coalesce(l.domain, ''), coalesce(l.code, ''),
            v.is_bot, v.country, v.referrer, v.browser, v.os, v.device
        FROM (SELECT) AS one
            LEFT JOIN (
                SELECT * FROM scanned WHERE $6 OR NOT is_bot
                ORDER BY at DESC, number DESC LIMIT $8) AS v ON true
            LEFT JOIN link AS l ON l.id = v.link_id
        ORDER BY v.at DESC, v.number DESC
        """;

    private const string SelectOfAll =
        $"""
        WITH scanned AS MATERIALIZED (
            SELECT * FROM visit
            WHERE $1 = 0 AND at >= $2 AND at < $3 AND at <= $4 AND (at, number) < ($4, $5)
            {SelectScanned}
        """;

    private const string SelectOfLink =
        $"""
        WITH scanned AS MATERIALIZED (
            SELECT * FROM visit
            WHERE link_id = $1 AND at >= $2 AND at < $3 AND at <= $4 AND (at, number) < ($4, $5)
            {SelectScanned}
        """;

    /// <inheritdoc/>
    public Task<VisitList> ListAsync(VisitPage page, CancellationToken cancellationToken) =>
        _visits.ReadAsync(ConnectionShare.Reports, page, ListAsync, cancellationToken);

    private static async Task<VisitList> ListAsync(
        ReadTransaction read, VisitPage page, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(
            page.Range.Link == VisitRange.AllLinks ? SelectOfAll : SelectOfLink);
        select.Bind(page.Range.Link);
        select.Bind(page.Range.From.ToUniversalTime());
        select.Bind(page.Range.To.ToUniversalTime());
        select.Bind(page.End.At.ToUniversalTime());
        select.Bind(page.End.Number);
        select.Bind(page.IncludeBots);
        select.Bind(page.MaxScanned);
        select.Bind(page.Limit + 1);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var (listed, scanned, last) = (new List<StoredVisit>(), 0L, (VisitPosition?)null);
        while (await row.ReadAsync(cancellationToken))
        {
            scanned = row.GetInt64(0);
            if (scanned > 0)
                last = new(new(row.GetDateTime(1)), row.GetInt64(2));
            if (HasVisit(row))
                listed.Add(ReadVisit(row));
        }

        return VisitList.Of(page, listed, scanned, last);
    }

    private static bool HasVisit(NpgsqlDataReader row) => !row.IsDBNull(3);

    private static StoredVisit ReadVisit(NpgsqlDataReader row)
    {
        var at = new DateTimeOffset(row.GetDateTime(3));
        return new(
            new(at, row.GetInt64(4)),
            row.GetString(6),
            row.GetString(7),
            new(
                Tsid.FromInt64(row.GetInt64(5)),
                at,
                RedirectOutcome.Followed,
                row.GetBoolean(8),
                row.GetString(9),
                row.GetString(10),
                row.GetString(11),
                row.GetString(12),
                row.GetString(13)));
    }

    private static VisitSum ReadSum(NpgsqlDataReader row, int column) =>
        new(row.GetInt64(column), row.GetInt64(column + 1));

    private static void BindCounts(NpgsqlCommand select, VisitRange range)
    {
        select.Bind(range.Link);
        select.Bind((int)range.FirstHour);
        select.Bind((int)range.EndHour);
        select.Bind((int)DayCount.Ceiling(range.FirstHour));
        select.Bind((int)DayCount.Ceiling(range.EndHour));
    }
}
