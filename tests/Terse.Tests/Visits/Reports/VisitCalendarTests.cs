using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitCalendarTests
{
    [Theory]
    [InlineData("Europe/Vienna", 2026, 3, 29, 23)] // Daylight saving time begins.
    [InlineData("Europe/Vienna", 2026, 10, 25, 25)] // Daylight saving time ends.
    [InlineData("Europe/Vienna", 2026, 11, 22, 24)]
    [InlineData("UTC", 2026, 3, 29, 24)]
    [InlineData("Asia/Kolkata", 2026, 3, 29, 24)]
    [InlineData("Africa/Cairo", 2026, 4, 24, 23)] // The clock skips midnight.
    [InlineData("America/Havana", 2026, 11, 1, 25)] // Midnight occurs twice.
    [InlineData("Australia/Lord_Howe", 2026, 4, 5, 24)] // The clock is set back by half an hour.
    public void A_day_has_the_hours_that_begin_in_it(string name, int year, int month, int day, int hours)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        var begin = VisitCalendar.InstantOf(new(year, month, day), zone);
        var end = VisitCalendar.InstantOf(new DateTime(year, month, day).AddDays(1), zone);
        var range = new VisitRange(1, begin.AddDays(-2), end.AddDays(2));
        var everyHour = EveryHour(range);
        var days = VisitCalendar.Sum(range, VisitPeriod.Day, zone, everyHour);

        var counted = Assert.Single(days, count => count.Value == $"{year}-{month:00}-{day:00}");
        Assert.InRange(counted.Sum.Visits, hours, hours + (name == "Australia/Lord_Howe" ? 1 : 0));
        Assert.Equal(everyHour.Count, days.Sum(count => count.Sum.Visits));
        Assert.Equal(days.Select(count => count.Value).Order(StringComparer.Ordinal).Distinct(),
            days.Select(count => count.Value));
    }

    [Fact]
    public void An_hour_that_comes_twice_is_two()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Vienna");
        var from = new DateTimeOffset(2026, 10, 24, 23, 0, 0, TimeSpan.Zero);
        var hours = VisitCalendar.Sum(new(1, from, from.AddHours(4)), VisitPeriod.Hour, zone, []);

        Assert.Equal(
            [
                "2026-10-25T01:00:00+02:00", "2026-10-25T02:00:00+02:00",
                "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00",
            ],
            hours.Select(hour => hour.Value));
    }

    [Fact]
    public void Where_clocks_are_half_an_hour_apart_an_hour_belongs_where_it_begins()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata");
        var from = VisitCalendar.InstantOf(new(2026, 11, 22), zone);
        var range = new VisitRange(1, from, from.AddDays(1));
        var hours = VisitCalendar.Sum(range, VisitPeriod.Hour, zone, []);

        Assert.Equal("2026-11-22T00:30:00+05:30", hours[0].Value);
        Assert.Equal("2026-11-22T23:30:00+05:30", hours[^1].Value);
    }

    [Fact]
    public void Weeks_begin_on_Monday_and_periods_without_visits_are_there()
    {
        var from = new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero); // A Sunday.
        var range = new VisitRange(1, from, from.AddDays(20));
        HourCount[] hours = [new(HourNumber.Of(from), new(1, 2)), new(HourNumber.Of(from) + 24, new(4, 0))];

        Assert.Equal(
            [
                new("2026-11-16", new(1, 2)), new("2026-11-23", new(4, 0)),
                new("2026-11-30", default), new ValueCount("2026-12-07", default),
            ],
            VisitCalendar.Sum(range, VisitPeriod.Week, TimeZoneInfo.Utc, hours));
        Assert.Equal(
            [new("2026-11-01", new(5, 2)), new ValueCount("2026-12-01", default)],
            VisitCalendar.Sum(range, VisitPeriod.Month, TimeZoneInfo.Utc, hours));
    }

    private static List<HourCount> EveryHour(VisitRange range) =>
        [.. Enumerable.Range(0, (int)(range.EndHour - range.FirstHour))
            .Select(hour => new HourCount(range.FirstHour + hour, new(1, 0)))];
}
