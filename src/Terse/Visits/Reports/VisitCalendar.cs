namespace Terse.Visits;

internal enum VisitPeriod
{
    Hour,
    Day,

    /// <summary>Begins on Monday (ISO 8601).</summary>
    Week,
    Month,
}

/// <summary>
/// Groups hours in UTC into days, weeks and months of a time zone. Each hour belongs to the period in which
/// the hour begins. This matters in zones whose offset is not a whole number of hours.
/// </summary>
internal static class VisitCalendar
{
    private const string HourFormat = "yyyy-MM-dd'T'HH:mm:sszzz";

    /// <summary>
    /// Converts a local time of a zone to an instant. An ambiguous time is the first of the two instants. A
    /// skipped time uses the offset before the change.
    /// </summary>
    public static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone)
    {
        var offset = zone.IsAmbiguousTime(local)
            ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.GetUtcOffset(local);
        return new(local, offset);
    }

    /// <summary>
    /// The sums of all periods of a range in ascending order, including periods without visits.
    /// </summary>
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

    /// <summary>An instant as local time of a zone, with its offset.</summary>
    public static string Show(DateTimeOffset instant, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(instant, zone).ToString(HourFormat);

    /// <summary>
    /// Identifies a period. Dates have no offset; hours keep theirs, because a local hour can repeat.
    /// </summary>
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
