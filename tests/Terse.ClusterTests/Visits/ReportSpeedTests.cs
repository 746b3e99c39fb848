using System.Diagnostics;
using Terse.Visits;

namespace Terse.ClusterTests;

/// <summary>Tests that reports are fast, however many counts the tables contain.</summary>
public sealed class ReportSpeedTests(TestDatabases databases)
{
    private const int Attempts = 20;

    private static readonly TimeSpan MaxTime = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The number of links with a row in each of the last 1,440 hours. With 2,000 links, the table has 2.9
    /// million rows, and the reports take as long.
    /// </summary>
    private const int Links = 100;

    [Fact]
    public async Task A_report_takes_less_than_50_ms()
    {
        await using var database = await databases.OpenAsync();
        var now = new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
        var hour = HourNumber.Of(now);
        for (var link = 0; link < Links; link += 10)
        {
            await database.ExecuteAsync(
                """
                INSERT INTO hour_count
                SELECT hour, link, 1, 0, CASE WHEN link = 0 THEN $3 ELSE '' END
                FROM generate_series($1 - 1439, $1) AS hour, generate_series($2, $2 + 9) AS link
                """,
                (int)hour,
                link,
                PackReferrers());
        }

        await database.ExecuteAsync(
            "INSERT INTO day_count SELECT day, 0, 1, 0, $2 FROM generate_series($1 - 3590, $1 - 1) AS day",
            (int)DayCount.DayOf(hour - 1439),
            PackReferrers());
        await database.ExecuteAsync("ANALYZE hour_count, day_count");
        var reader = database.Get<IVisitReader>();
        var hours = new VisitRange(VisitRange.AllLinks, now.AddDays(-60), now);
        var year = new VisitRange(VisitRange.AllLinks, now.AddDays(-366), now);
        var years = new VisitRange(VisitRange.AllLinks, now.AddDays(-3_600), now);

        Assert.InRange(await MeasureAsync(() => reader.CountHoursAsync(years, default)), default, MaxTime);
        Assert.InRange(await MeasureAsync(() => reader.CountMissedAsync(years, default)), default, MaxTime);
        Assert.InRange(await MeasureAsync(() => CountReferrersAsync(reader, hours)), default, MaxTime);
        Assert.InRange(await MeasureAsync(() => CountReferrersAsync(reader, year)), default, MaxTime);
    }

    private static Task<ValueCounts> CountReferrersAsync(IVisitReader reader, VisitRange range) =>
        reader.CountValuesAsync(range, VisitDimension.Referrer, 1_000, default);

    private static byte[] PackReferrers()
    {
        var values = new CountedValues();
        for (var number = 0; number < CountedValues.MaxValues; number++)
            values.Add(VisitDimension.Referrer, $"site{number}.example", new(1, 0));
        return values.Pack();
    }

    /// <summary>Returns the shortest time, because other programs may delay an attempt.</summary>
    private static async Task<TimeSpan> MeasureAsync<T>(Func<Task<T>> report)
    {
        var shortest = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var begin = Stopwatch.GetTimestamp();
            await report();
            var took = Stopwatch.GetElapsedTime(begin);
            shortest = took < shortest ? took : shortest;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{shortest.TotalMilliseconds:N1} ms");
        return shortest;
    }
}
