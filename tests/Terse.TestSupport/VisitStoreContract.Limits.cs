using Terse.Links;
using Terse.Visits;

namespace Terse.TestSupport;

/// <content>
/// The tests that the tables of counts stay small, that lists read a limited number of visits, and that no
/// count changes when counts move from one table to another.
/// </content>
public abstract partial class VisitStoreContract
{
    [Fact]
    public async Task A_filtered_list_reads_a_limited_number_of_visits_and_continues_at_a_cursor()
    {
        const int Bots = 12_000;
        List<Visit> visits = [NewVisit(1, Now.AddHours(-2)), NewVisit(1, Now.AddHours(-1))];
        visits.AddRange(Enumerable.Range(0, Bots).Select(number =>
            NewVisit(1, Now.AddMilliseconds(number)) with { IsBot = true }));
        foreach (var (index, part) in visits.Chunk(5_000).Index())
            await Store.AddAsync(new(new(1, 1), index + 1, part), default);

        foreach (var link in new long[] { 0, 1 })
        {
            var page = new VisitPage(Everything with { Link = link }, IncludeBots: false, null, 1);
            var first = await Reader.ListAsync(page, default);
            Assert.Empty(first.Visits);
            Assert.Equal(Now.AddMilliseconds(Bots - page.MaxScanned), first.Next!.At);
            Assert.Equal(
                [Now.AddHours(-1), Now.AddHours(-2)],
                (await WalkAsync(page)).Select(found => found.Visit.At));
        }
    }

    [Fact]
    public async Task Forged_referrers_make_no_rows_and_are_counted_together()
    {
        for (var number = 1; number <= 3; number++)
        {
            var forged = Enumerable.Range(0, 1_000)
                .Select(value => NewVisit(1) with { Referrer = $"{number}.{value}.example" });
            var real = Enumerable.Repeat(NewVisit(1) with { Referrer = "real.example" }, 20);
            await Store.AddAsync(new(new(1, 1), number, [.. forged, .. real, NewVisit(1)]), default);
        }

        Assert.Equal(2, await CountRowsAsync());
        foreach (var link in new long[] { 0, 1 })
        {
            var counts = await Reader.CountValuesAsync(
                Everything with { Link = link }, VisitDimension.Referrer, 1_000, default);
            Assert.Equal(CountedValues.MaxValues, counts.Values.Count);
            Assert.Equal(new ValueCount("real.example", new(60, 0)), counts.Values[0]);
            Assert.Equal(new VisitSum(3_060, 0), counts.Known);
            Assert.Equal(new VisitSum(3_063, 0), counts.All);
            Assert.Equal(new VisitSum(3_060 - 60 - (CountedValues.MaxValues - 1), 0), counts.Other);
        }
    }

    [Fact]
    public async Task Counts_of_hours_become_counts_of_days_after_60_days_and_no_count_changes_meanwhile()
    {
        await SetClockAsync(Now);
        var first = new DateTimeOffset(Now.UtcDateTime.Date, TimeSpan.Zero) - DayCount.HoursKept;
        List<DateTimeOffset> times =
            [first.AddHours(-25), first.AddHours(-3), first.AddHours(-2), first, Now];
        var visits = times.SelectMany(at => new[]
        {
            NewVisit(1, at, "AT"), NewVisit(2, at, "DE") with { IsBot = true },
            NewVisit(0, at) with { Outcome = RedirectOutcome.Unknown },
        });
        await Store.AddAsync(new(new(1, 1), 1, [.. visits]), default);
        var rows = await CountRowsAsync();
        await Task.WhenAll(RollUpAllAsync(), RollUpAllAsync());

        Assert.Equal(rows - 4, await CountRowsAsync());
        Assert.Equal(
            [
                HourNumber.Of(first.AddHours(-36)), HourNumber.Of(first.AddHours(-12)),
                HourNumber.Of(first), HourNumber.Of(Now),
            ],
            (await Reader.CountHoursAsync(Everything, default)).Select(hour => hour.Hour));
        await AssertCountsAsync(visits: 5);

        await Store.AddAsync(new(new(1, 1), 2, [.. visits]), default);
        await AssertCountsAsync(visits: 10);
        await RollUpAllAsync();
        await AssertCountsAsync(visits: 10);
        Assert.Equal(rows - 4, await CountRowsAsync());

        async Task AssertCountsAsync(int visits)
        {
            Assert.Equal(new VisitSum(visits, visits), await SumAsync(Everything));
            Assert.Equal(new VisitSum(visits, 0), await SumAsync(Everything with { Link = 1 }));
            var countries = await Reader.CountValuesAsync(Everything, VisitDimension.Country, 9, default);
            Assert.Equal(
                [new("AT", new(visits, 0)), new ValueCount("DE", new(0, visits))], countries.Values);
            var missed = await Reader.CountMissedAsync(Everything, default);
            Assert.Equal(new VisitSum(visits, 0), missed[RedirectOutcome.Unknown]);
        }
    }

    [Fact]
    public async Task Batches_that_arrive_while_old_hours_are_rolled_up_count_exactly_once()
    {
        await SetClockAsync(Now);
        var old = Now.AddDays(-70);
        var adding = Task.WhenAll(Enumerable.Range(1, 4).Select(async node =>
        {
            for (var number = 1; number <= 20; number++)
            {
                List<Visit> visits =
                    [NewVisit(1, old), NewVisit(2, old.AddHours(number % 3)), NewVisit(1)];
                await Store.AddAsync(new(new(node, 1), number, visits), default);
            }
        }));
        while (!adding.IsCompleted)
            await RollUpAllAsync();
        await adding;
        await RollUpAllAsync();

        Assert.Equal(new VisitSum(240, 0), await SumAsync(Everything));
        Assert.Equal(new VisitSum(160, 0), await SumAsync(Everything with { Link = 1 }));
        Assert.Equal(new VisitSum(160, 0), await TotalAsync(1));
        Assert.False(await Rollup.RollUpAsync(default));
    }

    [Fact]
    public async Task Counts_of_the_previous_version_are_moved_to_the_new_tables()
    {
        await Store.AddAsync(new(new(1, 1), 1, [NewVisit(1, country: "AT")]), default);
        foreach (var link in new long[] { 0, 1 })
        {
            await AddEarlierCountAsync(link, VisitDimension.None, "");
            await AddEarlierCountAsync(link, VisitDimension.Country, "AT");
        }

        await AddEarlierMissedAsync(RedirectOutcome.Expired);
        await RollUpAllAsync();

        Assert.Equal(new VisitSum(2, 0), await SumAsync(Everything));
        var countries = await Reader.CountValuesAsync(
            Everything with { Link = 1 }, VisitDimension.Country, 9, default);
        Assert.Equal([new ValueCount("AT", new(2, 0))], countries.Values);
        var missed = await Reader.CountMissedAsync(Everything, default);
        Assert.Equal(new VisitSum(1, 0), missed[RedirectOutcome.Expired]);
    }

    private async Task RollUpAllAsync()
    {
        while (await Rollup.RollUpAsync(default))
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }
}
