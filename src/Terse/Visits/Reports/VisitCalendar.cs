namespace Terse.Visits;

internal enum VisitPeriod
{
    Hour,
    Day,

    /// <summary>From Monday on, as ISO 8601 has it.</summary>
    Week,
    Month,
}

/// <summary>
/// Hours of UTC as days, weeks and months of a time zone. An hour belongs whole to the period that it begins
/// in, which matters in zones that are half an hour apart from the others.
/// </summary>
internal static class VisitCalendar
{
    private const string HourFormat = "yyyy-MM-dd'T'HH:mm:sszzz";

    /// <summary>
    /// When a zone's clocks show a time: the first time that they do, and where they skip it, when they do.
    /// </summary>
    public static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone)
    {
        var offset = zone.IsAmbiguousTime(local)
            ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.GetUtcOffset(local);
        return new(local, offset);
    }

    /// <summary>The sums of all periods of a span, those without visits too, in order.</summary>
    public static List<ValueCount> Sum(
        VisitRange range, VisitPeriod period, TimeZoneInfo zone, IReadOnlyList<HourCount> hours)
    {
        var sums = new List<ValueCount>();
        var (next, current) = (0, default(DateTimeOffset));
        for (var hour = range.FirstHour; hour < range.EndHour; hour++)
        {
            var begin = BeginOf(TimeZoneInfo.ConvertTime(HourNumber.StartOf(hour), zone), period);
            if (sums.Count == 0 || begin != current)
                sums.Add(new(NameOf(begin, period), default));
            current = begin;
            if (next < hours.Count && hours[next].Hour == hour)
                sums[^1] = sums[^1] with { Sum = sums[^1].Sum.Add(hours[next++].Sum) };
        }

        return sums;
    }

    /// <summary>An instant as a zone's clocks show it.</summary>
    public static string Show(DateTimeOffset instant, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(instant, zone).ToString(HourFormat);

    /// <summary>What tells periods apart: dates are the same whatever the offset, hours are not.</summary>
    private static DateTimeOffset BeginOf(DateTimeOffset local, VisitPeriod period)
    {
        var day = new DateTimeOffset(local.Date, TimeSpan.Zero);
        return period switch
        {
            VisitPeriod.Hour => local,
            VisitPeriod.Day => day,
            VisitPeriod.Week => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
            _ => day.AddDays(1 - day.Day),
        };
    }

    private static string NameOf(DateTimeOffset begin, VisitPeriod period) =>
        begin.ToString(period == VisitPeriod.Hour ? HourFormat : "yyyy-MM-dd");
}
