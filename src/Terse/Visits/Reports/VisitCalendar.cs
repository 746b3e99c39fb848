namespace Terse.Visits;

internal enum VisitPeriod
{
    Hour,
    Day,

    /// <summary>The week begins on Monday (ISO 8601).</summary>
    Week,
    Month,
}

/// <summary>
/// Groups hours in UTC into days, weeks and months of a time zone. Each hour belongs to the period in which
/// the hour begins. This rule matters if the zone's offset from UTC is not a whole number of hours, because
/// then an hour in UTC can overlap two days.
/// </summary>
internal static class VisitCalendar
{
    private const string HourFormat = "yyyy-MM-dd'T'HH:mm:sszzz";

    /// <summary>
    /// Converts local time of a zone to an instant. If the local time occurs twice because clocks are set
    /// back, the result is the first of the two instants. If the local time does not exist because clocks are
    /// set forward, the result uses the offset before the change.
    /// </summary>
    public static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone)
    {
        var offset = zone.IsAmbiguousTime(local)
            ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.GetUtcOffset(local);
        return new(local, offset);
    }

    /// <summary>
    /// Returns the sums of all periods of a range in ascending order, including periods without visits.
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

    /// <summary>Formats an instant as local time of a zone, with the zone's offset from UTC.</summary>
    public static string Show(DateTimeOffset instant, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(instant, zone).ToString(HourFormat);

    /// <summary>
    /// Returns the beginning of the period that contains a local time. The beginning of an hour keeps its
    /// offset from UTC, because a local hour occurs twice when clocks are set back. The beginning of a day,
    /// week or month has the offset zero.
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
