using Terse.Web;

namespace Terse.Visits;

/// <summary>The query parameters of a request for visit counts.</summary>
/// <param name="From">The beginning of the time range, inclusive.</param>
/// <param name="To">The end of the time range, exclusive.</param>
/// <param name="Zone">The time zone that determines where days, weeks and months begin.</param>
/// <param name="By">The property or the period by which visits are grouped.</param>
/// <param name="IncludeBots">Whether the result also contains counts of bots.</param>
internal sealed record VisitQuery(
    DateTimeOffset From, DateTimeOffset To, TimeZoneInfo Zone, VisitGrouping By, bool IncludeBots)
{
    public static readonly string[] Parameters = ["domain", "zone", "from", "to", "by", "bots"];

    private const int DefaultDays = 30;

    private const int MaxDays = 3_660;

    private const int MaxDaysByHour = 366;

    /// <summary>
    /// Reads all parameters. If a parameter is invalid, <see cref="QueryParameters.Problem"/> is set.
    /// </summary>
    public static VisitQuery Read(QueryParameters query, DateTimeOffset now)
    {
        var zone = query.ReadZone("zone");
        var to = query.ReadInstant("to", zone) ?? now;
        var from = query.ReadInstant("from", zone) ?? DefaultFrom(to, zone);
        var by = query.ReadChoice("by", VisitGrouping.Choices, VisitGrouping.Choices[0].Value);
        var maxDays = by.Period == VisitPeriod.Hour ? MaxDaysByHour : MaxDays;
        if (from >= to)
        {
            query.Reject("from", "'from' must be before 'to'; the default of 'to' is the current time.");
        }
        else if ((to - from).TotalDays > maxDays)
        {
            query.Reject(
                "from", $"The range from 'from' to 'to' must be at most {maxDays:N0} days by {by.Name}.");
        }

        return new(from, to, zone, by, query.ReadFlag("bots"));
    }

    public VisitRange RangeOf(long link) => new(link, From, To);

    /// <summary>
    /// Returns the beginning of the default range: local midnight in the zone, so that the range covers whole
    /// days. The last of the 30 days is the day on which the range ends.
    /// </summary>
    private static DateTimeOffset DefaultFrom(DateTimeOffset to, TimeZoneInfo zone)
    {
        var last = TimeZoneInfo.ConvertTime(to.AddTicks(-1), zone).Date;
        return VisitCalendar.InstantOf(last.AddDays(1 - DefaultDays), zone);
    }
}

/// <summary>
/// Visits are grouped by the period if the dimension is <see cref="VisitDimension.None"/>, and otherwise by
/// the values of the dimension.
/// </summary>
internal sealed record VisitGrouping(string Name, VisitPeriod Period, VisitDimension Dimension)
{
    public static readonly IReadOnlyList<(string Name, VisitGrouping Value)> Choices =
    [
        Of("day", VisitPeriod.Day),
        Of("hour", VisitPeriod.Hour),
        Of("week", VisitPeriod.Week),
        Of("month", VisitPeriod.Month),
        Of("country", VisitDimension.Country),
        Of("referrer", VisitDimension.Referrer),
        Of("browser", VisitDimension.Browser),
        Of("os", VisitDimension.Os),
        Of("device", VisitDimension.Device),
        Of("rule", VisitDimension.Rule),
    ];

    private static (string Name, VisitGrouping Value) Of(string name, VisitPeriod period) =>
        (name, new(name, period, VisitDimension.None));

    private static (string Name, VisitGrouping Value) Of(string name, VisitDimension dimension) =>
        (name, new(name, VisitPeriod.Day, dimension));
}
