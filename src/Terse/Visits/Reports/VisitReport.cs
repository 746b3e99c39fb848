using Terse.Links;

namespace Terse.Visits;

/// <summary>Creates the reports of visit counts from the counts in the database.</summary>
internal sealed class VisitReport(IVisitReader reader)
{
    /// <summary>
    /// The maximum number of values in a report. Visits with further values are counted together.
    /// </summary>
    private const int MaxValues = 1000;

    /// <summary>
    /// The name under which visits with all further values are shown. No referrer has this name, because a
    /// host name contains no parentheses.
    /// </summary>
    private const string Other = "(other)";

    private static readonly (RedirectOutcome Outcome, string Name)[] MissedOutcomes =
    [
        (RedirectOutcome.Unknown, "unknown"),
        (RedirectOutcome.Expired, "expired"),
        (RedirectOutcome.Blocked, "blocked"),
        (RedirectOutcome.Deleted, "deleted"),
        (RedirectOutcome.UsedUp, "usedUp"),
        (RedirectOutcome.Disabled, "disabled"),
        (RedirectOutcome.Scheduled, "scheduled"),
        (RedirectOutcome.Locked, "locked"),
    ];

    /// <param name="query">The time range and the grouping of the report.</param>
    /// <param name="link">The link's id, or <see cref="VisitRange.AllLinks"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; a query may still run in the database.</param>
    public async Task<VisitsResource> CreateAsync(
        VisitQuery query, long link, CancellationToken cancellationToken)
    {
        var (sum, counts) = query.By.Dimension == VisitDimension.None
            ? await CountTimesAsync(query, link, cancellationToken)
            : await CountValuesAsync(query, link, cancellationToken);
        var missed = link == VisitRange.AllLinks
            ? await CountMissedAsync(query, cancellationToken)
            : null;
        return new(
            VisitCalendar.Show(query.From, query.Zone),
            VisitCalendar.Show(query.To, query.Zone),
            query.Zone.Id,
            query.By.Name,
            sum.Visits,
            query.IncludeBots ? sum.Bots : null,
            [.. counts.Select(count => Show(query, count.Value, count.Sum))],
            missed);
    }

    private async Task<(VisitSum Sum, IEnumerable<ValueCount> Counts)> CountTimesAsync(
        VisitQuery query, long link, CancellationToken cancellationToken)
    {
        var range = query.RangeOf(link);
        var hours = await reader.CountHoursAsync(range, cancellationToken);
        var sum = hours.Aggregate(default(VisitSum), (sum, hour) => sum.Add(hour.Sum));
        return (sum, VisitCalendar.Sum(range, query.By.Period, query.Zone, hours));
    }

    /// <summary>
    /// Visits for which the value of the dimension is unknown are counted under the empty value.
    /// </summary>
    private async Task<(VisitSum Sum, IEnumerable<ValueCount> Counts)> CountValuesAsync(
        VisitQuery query, long link, CancellationToken cancellationToken)
    {
        var counts = await reader.CountValuesAsync(
            query.RangeOf(link), query.By.Dimension, MaxValues, cancellationToken);
        var unknown = new ValueCount("", counts.All.Without(counts.Known));
        var shown = counts.Values.Append(unknown).Append(new(Other, counts.Other))
            .Where(count => count.Sum.Visits > 0 || (query.IncludeBots && count.Sum.Bots > 0))
            .OrderByDescending(count => (count.Sum.Visits, count.Sum.Bots));
        return (counts.All, shown);
    }

    private async Task<IReadOnlyList<CountResource>> CountMissedAsync(
        VisitQuery query, CancellationToken cancellationToken)
    {
        var missed = await reader.CountMissedAsync(
            query.RangeOf(VisitRange.AllLinks), cancellationToken);
        return [.. MissedOutcomes.Select(
            row => Show(query, row.Name, missed.GetValueOrDefault(row.Outcome)))];
    }

    private static CountResource Show(VisitQuery query, string value, VisitSum sum) =>
        new(value, sum.Visits, query.IncludeBots ? sum.Bots : null);
}
