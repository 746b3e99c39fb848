using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Storage.Postgres;
using Terse.Visits;

namespace Terse.ClusterTests;

/// <summary>
/// Tests that PostgreSQL reads the same few pages for a report, however many other links have counts.
/// </summary>
public sealed class ReportWorkTests(ITestOutputHelper output)
{
    private const int FewLinks = 5;
    private const int ManyLinks = 50;

    /// <summary>
    /// How much the number of pages may grow when there are ten times as many links: an index gets deeper,
    /// and PostgreSQL reads its catalog now and then. A scan of a table would read ten times as many pages.
    /// </summary>
    private const double MaxGrowth = 1.5;

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_pages_that_a_report_reads_do_not_grow_with_the_number_of_links()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await StatementStatistics.EnableAsync(postgres);
        await using var services = TestDatabases.BuildStorage(
            await TestDatabases.MigrateAsync(postgres.Primary.ConnectionString, PostgresMigrations.Load()));
        var reader = services.GetRequiredService<IVisitReader>();

        await AddCountsAsync(postgres.Primary, firstLink: 0, FewLinks);
        await AddDaysAsync(postgres.Primary);
        var few = await CountPagesAsync(postgres.Primary, reader);
        await AddCountsAsync(postgres.Primary, FewLinks, ManyLinks - FewLinks);
        var many = await CountPagesAsync(postgres.Primary, reader);

        output.WriteLine($"{string.Join(", ", few)} pages; {string.Join(", ", many)} with more links");
        Assert.All(few.Zip(many), pages =>
        {
            Assert.InRange(pages.First, 1, long.MaxValue);
            Assert.InRange(pages.Second, 1, (long)(pages.First * MaxGrowth));
        });
    }

    /// <summary>Adds a row for each link in each of the last 1,440 hours.</summary>
    private static async Task AddCountsAsync(PostgresServer primary, int firstLink, int links)
    {
        await primary.ExecuteAsync(
            $"""
            INSERT INTO hour_count
            SELECT hour, link, 1, 0, CASE WHEN link = 0 THEN '\x{PackReferrers()}'::bytea ELSE '' END
            FROM generate_series({HourNumber.Of(Now) - 1439}, {HourNumber.Of(Now)}) AS hour,
                generate_series({firstLink}, {firstLink + links - 1}) AS link
            """);
        await primary.ExecuteAsync("VACUUM ANALYZE hour_count");
    }

    /// <summary>Adds ten years of daily counts of all links together.</summary>
    private static async Task AddDaysAsync(PostgresServer primary)
    {
        var day = DayCount.DayOf(HourNumber.Of(Now) - 1439);
        await primary.ExecuteAsync(
            $"""
            INSERT INTO day_count
            SELECT day, 0, 1, 0, '\x{PackReferrers()}'::bytea
            FROM generate_series({day - 3590}, {day - 1}) AS day
            """);
        await primary.ExecuteAsync("VACUUM ANALYZE day_count");
    }

    /// <summary>Returns the number of pages that each report read.</summary>
    private static async Task<List<long>> CountPagesAsync(PostgresServer primary, IVisitReader reader)
    {
        var hours = new VisitRange(VisitRange.AllLinks, Now.AddDays(-60), Now);
        var years = new VisitRange(VisitRange.AllLinks, Now.AddDays(-3_600), Now);
        return
        [
            await CountPagesAsync(primary, () => reader.CountHoursAsync(years, default)),
            await CountPagesAsync(primary, () => reader.CountMissedAsync(years, default)),
            await CountPagesAsync(primary, () => CountReferrersAsync(reader, hours)),
            await CountPagesAsync(primary, () => CountReferrersAsync(reader, years)),
        ];
    }

    private static async Task<long> CountPagesAsync(PostgresServer primary, Func<Task> report)
    {
        await report(); // PostgreSQL reads its catalog for the first report of a connection.
        await StatementStatistics.ResetAsync(primary);
        await report();
        return await primary.ReadAsync(
            """
            SELECT sum(shared_blks_hit + shared_blks_read)::bigint
            FROM pg_stat_statements WHERE query ~ 'FROM hour_count AS h'
            """);
    }

    private static Task<ValueCounts> CountReferrersAsync(IVisitReader reader, VisitRange range) =>
        reader.CountValuesAsync(range, VisitDimension.Referrer, 1_000, default);

    /// <summary>
    /// Returns the counts of one row, with as many referrers as a row can have, in hexadecimal.
    /// </summary>
    private static string PackReferrers()
    {
        var values = new CountedValues();
        for (var number = 0; number < CountedValues.MaxValues; number++)
            values.Add(VisitDimension.Referrer, $"site{number}.example", new(1, 0));
        return Convert.ToHexString(values.Pack());
    }
}
