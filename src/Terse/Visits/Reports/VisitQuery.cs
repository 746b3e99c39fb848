namespace Terse.Visits;

/// <summary>What is asked about visits, and how the answer is to be laid out.</summary>
/// <param name="From">The first instant.</param>
/// <param name="To">The first instant that no longer belongs to it.</param>
/// <param name="Zone">Whose days, weeks and months are meant.</param>
/// <param name="By">What is counted apart.</param>
/// <param name="IncludeBots">Whether programs are shown, apart from people.</param>
internal sealed record VisitQuery(
    DateTimeOffset From, DateTimeOffset To, TimeZoneInfo Zone, VisitGrouping By, bool IncludeBots)
{
    private const int DefaultDays = 30;

    private const int MaxDays = 3_660;

    private const int MaxDaysByHour = 366;

    /// <summary>Reads all parameters; what is wrong with them is then the reader's to tell.</summary>
    public static VisitQuery Read(QueryReader query, DateTimeOffset now)
    {
        var zone = query.ReadZone("zone");
        var to = query.ReadInstant("to", zone) ?? now;
        var from = query.ReadInstant("from", zone) ?? DefaultFrom(to, zone);
        var by = query.ReadChoice("by", VisitGrouping.Choices);
        var maxDays = by.Period == VisitPeriod.Hour ? MaxDaysByHour : MaxDays;
        if (from >= to)
            query.Refuse("from", "'from' is earlier than 'to', which is now unless you say otherwise.");
        else if ((to - from).TotalDays > maxDays)
            query.Refuse("from", $"From 'from' to 'to' it is {maxDays:N0} days at most by {by.Name}.");
        return new(from, to, zone, by, query.ReadFlag("bots"));
    }

    public VisitRange RangeOf(long link) => new(link, From, To);

    /// <summary>Whole days of the zone, the last one included.</summary>
    private static DateTimeOffset DefaultFrom(DateTimeOffset to, TimeZoneInfo zone)
    {
        var last = TimeZoneInfo.ConvertTime(to.AddTicks(-1), zone).Date;
        return VisitCalendar.InstantOf(last.AddDays(1 - DefaultDays), zone);
    }
}

/// <summary>By periods of time, or else by the values of a dimension.</summary>
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
    ];

    private static (string Name, VisitGrouping Value) Of(string name, VisitPeriod period) =>
        (name, new(name, period, VisitDimension.None));

    private static (string Name, VisitGrouping Value) Of(string name, VisitDimension dimension) =>
        (name, new(name, VisitPeriod.Day, dimension));
}
