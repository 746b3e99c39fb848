using Npgsql;
using Terse.Horizon;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitReader"/>
internal sealed class PostgresVisitReader(PostgresVisitTransactions visits) : IVisitReader
{
    private const string SelectTotal = "SELECT visits, bot_visits FROM visit_total WHERE link_id = $1";

    /// <inheritdoc/>
    public Task<VisitSum> ReadTotalAsync(Tsid link, CancellationToken cancellationToken) =>
        visits.ReadAsync(link.ToInt64(), ReadTotalAsync, cancellationToken);

    private static async Task<VisitSum> ReadTotalAsync(
        ReadTransaction read, long link, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectTotal);
        select.Bind(link);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? ReadSum(row, 0) : default;
    }

    private const string SelectHours =
        """
        SELECT hour,
            coalesce(sum(visits) FILTER (WHERE NOT is_bot), 0)::bigint,
            coalesce(sum(visits) FILTER (WHERE is_bot), 0)::bigint
        FROM visit_count
        WHERE link_id = $1 AND kind = 0 AND hour >= $2 AND hour < $3
        GROUP BY hour ORDER BY hour
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<HourCount>> CountHoursAsync(
        VisitRange range, CancellationToken cancellationToken) =>
        visits.ReadAsync(range, CountHoursAsync, cancellationToken);

    private static async Task<IReadOnlyList<HourCount>> CountHoursAsync(
        ReadTransaction read, VisitRange range, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectHours);
        BindRange(select, range);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var hours = new List<HourCount>();
        while (await row.ReadAsync(cancellationToken))
            hours.Add(new(HourNumber.Of(new(row.GetDateTime(0))), ReadSum(row, 1)));
        return hours;
    }

    /// <summary>
    /// The first row of the result has kind 0 and counts all visits. Each other row counts the visits with
    /// one value of the requested dimension, for example with one country.
    /// </summary>
    private const string SelectValues =
        """
        SELECT kind, value, people, bots,
            coalesce(sum(people) FILTER (WHERE kind > 0) OVER (), 0)::bigint,
            coalesce(sum(bots) FILTER (WHERE kind > 0) OVER (), 0)::bigint
        FROM (
            SELECT kind, value,
                coalesce(sum(visits) FILTER (WHERE NOT is_bot), 0)::bigint AS people,
                coalesce(sum(visits) FILTER (WHERE is_bot), 0)::bigint AS bots
            FROM visit_count
            WHERE link_id = $1 AND kind IN (0, $4) AND hour >= $2 AND hour < $3
            GROUP BY kind, value) AS counted
        ORDER BY kind > 0, people DESC, bots DESC, value
        LIMIT $5 + 1
        """;

    /// <inheritdoc/>
    public Task<ValueCounts> CountValuesAsync(
        VisitRange range, VisitDimension dimension, int limit, CancellationToken cancellationToken) =>
        visits.ReadAsync((range, dimension, limit), CountValuesAsync, cancellationToken);

    private static async Task<ValueCounts> CountValuesAsync(
        ReadTransaction read,
        (VisitRange Range, VisitDimension Dimension, int Limit) query,
        CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectValues);
        BindRange(select, query.Range);
        select.Bind((short)query.Dimension);
        select.Bind(query.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return new(default, default, []);
        var (all, known, values) = (ReadSum(row, 2), ReadSum(row, 4), new List<ValueCount>());
        while (await row.ReadAsync(cancellationToken))
            values.Add(new(row.GetString(1), ReadSum(row, 2)));
        return new(all, known, values);
    }

    private const string SelectMissed =
        """
        SELECT kind,
            coalesce(sum(visits) FILTER (WHERE NOT is_bot), 0)::bigint,
            coalesce(sum(visits) FILTER (WHERE is_bot), 0)::bigint
        FROM missed_visit
        WHERE $1 = 0 AND hour >= $2 AND hour < $3
        GROUP BY kind
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<RedirectOutcome, VisitSum>> CountMissedAsync(
        VisitRange range, CancellationToken cancellationToken) =>
        visits.ReadAsync(range, CountMissedAsync, cancellationToken);

    private static async Task<IReadOnlyDictionary<RedirectOutcome, VisitSum>> CountMissedAsync(
        ReadTransaction read, VisitRange range, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectMissed);
        BindRange(select, range);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var missed = new Dictionary<RedirectOutcome, VisitSum>();
        while (await row.ReadAsync(cancellationToken))
            missed.Add((RedirectOutcome)row.GetInt16(0), ReadSum(row, 1));
        return missed;
    }

    private const string VisitColumns =
        """
        SELECT v.at, v.number, v.link_id, coalesce(l.domain, ''), coalesce(l.code, ''),
            v.is_bot, v.country, v.referrer, v.browser, v.os, v.device
        FROM visit AS v LEFT JOIN link AS l ON l.id = v.link_id
        """;

    private const string SelectOfAll =
        $"""
        {VisitColumns}
        WHERE $1 = 0 AND v.at >= $2 AND v.at < $3 AND v.at <= $4 AND (v.at, v.number) < ($4, $5)
            AND ($6 OR NOT v.is_bot)
        ORDER BY v.at DESC, v.number DESC LIMIT $7
        """;

    private const string SelectOfLink =
        $"""
        {VisitColumns}
        WHERE v.link_id = $1 AND v.at >= $2 AND v.at < $3 AND v.at <= $4 AND (v.at, v.number) < ($4, $5)
            AND ($6 OR NOT v.is_bot)
        ORDER BY v.at DESC, v.number DESC LIMIT $7
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredVisit>> ListAsync(VisitPage page, CancellationToken cancellationToken) =>
        visits.ReadAsync(page, ListAsync, cancellationToken);

    private static async Task<IReadOnlyList<StoredVisit>> ListAsync(
        ReadTransaction read, VisitPage page, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(
            page.Range.Link == VisitRange.AllLinks ? SelectOfAll : SelectOfLink);
        BindRange(select, page.Range);
        select.Bind(page.End.At.ToUniversalTime());
        select.Bind(page.End.Number);
        select.Bind(page.IncludeBots);
        select.Bind(page.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var listed = new List<StoredVisit>();
        while (await row.ReadAsync(cancellationToken))
            listed.Add(ReadVisit(row));
        return listed;
    }

    private static StoredVisit ReadVisit(NpgsqlDataReader row)
    {
        var at = new DateTimeOffset(row.GetDateTime(0));
        return new(
            new(at, row.GetInt64(1)),
            row.GetString(3),
            row.GetString(4),
            new(
                Tsid.FromInt64(row.GetInt64(2)),
                at,
                RedirectOutcome.Followed,
                row.GetBoolean(5),
                row.GetString(6),
                row.GetString(7),
                row.GetString(8),
                row.GetString(9),
                row.GetString(10)));
    }

    private static VisitSum ReadSum(NpgsqlDataReader row, int column) =>
        new(row.GetInt64(column), row.GetInt64(column + 1));

    /// <summary>
    /// Binds the link, the start and the end of the range as <c>$1</c> to <c>$3</c>. A statement that counts
    /// hours includes each hour that begins within the range.
    /// </summary>
    private static void BindRange(NpgsqlCommand select, VisitRange range)
    {
        select.Bind(range.Link);
        select.Bind(range.From.ToUniversalTime());
        select.Bind(range.To.ToUniversalTime());
    }
}
