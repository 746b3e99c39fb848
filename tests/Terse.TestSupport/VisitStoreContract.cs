using Terse.Links;
using Terse.Visits;

namespace Terse.TestSupport;

/// <summary>
/// The tests that every visit store must pass. Most importantly, a store must count the visits of a batch
/// only once, even if the batch arrives twice.
/// </summary>
public abstract partial class VisitStoreContract : IAsyncLifetime
{
    private protected static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 30, 0, 123, TimeSpan.Zero);

    private protected static readonly VisitRange Everything =
        new(VisitRange.AllLinks, Now.AddYears(-1), Now.AddYears(1));

    public abstract ValueTask InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract IVisitStore Store { get; }

    private protected abstract IVisitReader Reader { get; }

    private protected abstract IVisitPartitions Partitions { get; }

    private protected abstract IVisitRollup Rollup { get; }

    /// <summary>
    /// Adds a count of one visit to the tables of the previous version of Terse, at <see cref="Now"/>.
    /// </summary>
    private protected abstract Task AddEarlierCountAsync(long link, VisitDimension dimension, string value);

    private protected abstract Task AddEarlierMissedAsync(RedirectOutcome outcome);

    /// <summary>Counts the rows in which the store counts visits of hours and days.</summary>
    private protected abstract Task<long> CountRowsAsync();

    protected abstract ValueTask CloseAsync();

    /// <summary>Sets the time that the store uses as the current time.</summary>
    protected abstract Task SetClockAsync(DateTimeOffset now);

    [Fact]
    public async Task A_batch_that_is_sent_twice_counts_once()
    {
        var batch = new VisitBatch(new(3, 7), 1, [NewVisit(1), NewVisit(1), NewVisit(2)]);

        Assert.True(await Store.AddAsync(batch, default));
        Assert.False(await Store.AddAsync(batch, default));
        Assert.Equal(new VisitSum(2, 0), await TotalAsync(1));
        Assert.Equal(new VisitSum(1, 0), await TotalAsync(2));
        Assert.Equal(new VisitSum(3, 0), await SumAsync(Everything));
        Assert.Equal(3, (await ListAsync(Everything)).Count);
    }

    [Fact]
    public async Task A_batch_with_an_earlier_number_is_ignored_unless_it_is_of_another_run()
    {
        Assert.True(await Store.AddAsync(new(new(3, 7), 2, [NewVisit(1)]), default));
        Assert.False(await Store.AddAsync(new(new(3, 7), 1, [NewVisit(1)]), default));
        Assert.True(await Store.AddAsync(new(new(3, 8), 1, [NewVisit(1)]), default));
        Assert.True(await Store.AddAsync(new(new(4, 7), 1, [NewVisit(1)]), default));
        Assert.True(await Store.AddAsync(new(new(3, 7), 3, []), default));
        Assert.False(await Store.AddAsync(new(new(3, 7), 3, []), default));
        Assert.Equal(new VisitSum(3, 0), await TotalAsync(1));
    }

    [Fact]
    public async Task Concurrent_batches_of_many_servers_that_are_sent_twice_count_exactly_once()
    {
        var batches = Enumerable.Range(0, 8).SelectMany(node => Enumerable.Range(1, 5)
            .Select(number => new VisitBatch(new(node, 1), number, [.. Enumerable.Range(1, 60)
                .Select(link => NewVisit(link % 20 + 1, country: link % 3 == 0 ? "AT" : "DE"))])));
        await Task.WhenAll(batches.GroupBy(batch => batch.Run).Select(async run =>
        {
            foreach (var batch in run)
                await Task.WhenAll(Store.AddAsync(batch, default), Store.AddAsync(batch, default));
        }));

        Assert.Equal(new VisitSum(2400, 0), await SumAsync(Everything));
        for (var link = 1; link <= 20; link++)
            Assert.Equal(new VisitSum(120, 0), await TotalAsync(link));
        var countries = await Reader.CountValuesAsync(Everything, VisitDimension.Country, 10, default);
        Assert.Equal(
            [new("DE", new(1600, 0)), new ValueCount("AT", new(800, 0))], countries.Values);
    }

    [Fact]
    public async Task Totals_hours_values_and_the_list_agree_for_random_visits()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var visits = Enumerable.Range(0, 1700).Select(_ => AnyVisit(random)).ToList();
        await Store.AddAsync(new(new(1, 1), 1, visits), default);

        foreach (var link in new long[] { 0, 1, 2, 3 })
        {
            var ofLink = visits.Where(visit => link == 0 || visit.Link.ToInt64() == link).ToList();
            var expected = SumOf(ofLink);
            var range = Everything with { Link = link };
            Assert.Equal(expected, await SumAsync(range));
            if (link > 0)
                Assert.Equal(expected, await TotalAsync(link));
            await AssertValuesAsync(range, VisitDimension.Country, ofLink, visit => visit.Country);
            await AssertValuesAsync(range, VisitDimension.Referrer, ofLink, visit => visit.Referrer);
            await AssertValuesAsync(range, VisitDimension.Browser, ofLink, visit => visit.Browser);
            await AssertValuesAsync(range, VisitDimension.Os, ofLink, visit => visit.Os);
            await AssertValuesAsync(range, VisitDimension.Device, ofLink, visit => visit.Device);
            if (link > 0)
                await AssertValuesAsync(range, VisitDimension.Rule, ofLink, visit => visit.Rule);
            Assert.Equal(
                ofLink.OrderBy(Text, StringComparer.Ordinal).Select(Text),
                (await ListAsync(range)).Select(kept => Text(kept.Visit)).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task The_most_frequent_values_are_returned_and_the_sum_includes_all_values()
    {
        await Store.AddAsync(
            new(new(1, 1), 1,
            [
                .. Enumerable.Range(0, 5).Select(_ => NewVisit(1, country: "DE")),
                .. Enumerable.Range(0, 3).Select(_ => NewVisit(1, country: "AT")),
                .. Enumerable.Range(0, 9).Select(_ => NewVisit(1, country: "US") with { IsBot = true }),
                NewVisit(1, country: "CH"),
                NewVisit(1),
            ]),
            default);
        var counts = await Reader.CountValuesAsync(Everything, VisitDimension.Country, 2, default);

        Assert.Equal([new("DE", new(5, 0)), new ValueCount("AT", new(3, 0))], counts.Values);
        Assert.Equal(new VisitSum(9, 9), counts.Known);
        Assert.Equal(new VisitSum(10, 9), counts.All);
    }

    [Fact]
    public async Task A_span_contains_the_hours_that_begin_in_it()
    {
        var eight = new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
        await Store.AddAsync(
            new(new(1, 1), 1, [.. Enumerable.Range(-2, 5).Select(hour => NewVisit(1, eight.AddHours(hour)))]),
            default);
        var hours = await Reader.CountHoursAsync(new(1, eight, eight.AddHours(2)), default);
        var between = await Reader.CountHoursAsync(
            new(1, eight.AddMinutes(-30), eight.AddMinutes(30)), default);

        Assert.Equal([HourNumber.Of(eight), HourNumber.Of(eight) + 1], hours.Select(hour => hour.Hour));
        Assert.Equal([new HourCount(HourNumber.Of(eight), new(1, 0))], between);
        Assert.Empty(await Reader.CountHoursAsync(new(2, eight, eight.AddHours(2)), default));
    }

    [Fact]
    public async Task Requests_that_were_not_redirected_are_counted_by_outcome_and_are_not_visits()
    {
        var none = NewVisit(0);
        await Store.AddAsync(
            new(new(1, 1), 1,
            [
                none with { Outcome = RedirectOutcome.Unknown },
                none with { Outcome = RedirectOutcome.Unknown, IsBot = true },
                NewVisit(1) with { Outcome = RedirectOutcome.Expired },
                NewVisit(1) with { Outcome = RedirectOutcome.Blocked },
                NewVisit(1) with { Outcome = RedirectOutcome.Deleted },
                NewVisit(1) with { Outcome = RedirectOutcome.UsedUp },
                NewVisit(1) with { Outcome = RedirectOutcome.UsedUp },
            ]),
            default);
        var missed = await Reader.CountMissedAsync(Everything, default);

        Assert.Equal(
            [
                (RedirectOutcome.Unknown, new(1, 1)), (RedirectOutcome.Expired, new(1, 0)),
                (RedirectOutcome.Blocked, new(1, 0)), (RedirectOutcome.Deleted, new(1, 0)),
                (RedirectOutcome.UsedUp, new VisitSum(2, 0)),
            ],
            missed.OrderBy(kind => kind.Key).Select(kind => (kind.Key, kind.Value)));
        Assert.Empty(await Reader.CountMissedAsync(
            Everything with { To = Now.AddHours(-2) }, default));
        Assert.Equal(default, await TotalAsync(1));
        Assert.Equal(default, await SumAsync(Everything));
        Assert.Empty(await ListAsync(Everything));
    }

    [Fact]
    public async Task A_value_that_the_database_cannot_store_is_unknown_and_the_visit_still_counts()
    {
        await Store.AddAsync(
            new(new(1, 1), 1,
            [
                NewVisit(1) with { Referrer = "a\0b" },
                NewVisit(1) with { Browser = "\ud83d" },
                NewVisit(1, country: new string('x', 5000)),
                NewVisit(1) with { Referrer = "bücher🙂.example" },
            ]),
            default);
        var referrers = await Reader.CountValuesAsync(Everything, VisitDimension.Referrer, 9, default);

        Assert.Equal([new ValueCount("bücher🙂.example", new(1, 0))], referrers.Values);
        Assert.Equal(new VisitSum(4, 0), referrers.All);
        Assert.Equal(4, (await ListAsync(Everything)).Count);
    }

    [Fact]
    public async Task A_cursor_returns_every_visit_once_and_the_newest_visit_first()
    {
        // Groups of four visits have the same time. The groups are one hour apart and cover several days.
        var visits = Enumerable.Range(0, 300)
            .Select(number => NewVisit(number % 2 + 1, Now.AddHours(-number / 4)) with
            {
                Referrer = $"{number}.example",
                IsBot = number % 5 == 0,
            })
            .ToList();
        await Store.AddAsync(new(new(1, 1), 1, visits), default);
        await Store.AddAsync(new(new(1, 1), 2, [NewVisit(3, Now.AddHours(-30))]), default);

        foreach (var link in new long[] { 0, 1, 2 })
        {
            var walked = await WalkAsync(new(Everything with { Link = link }, IncludeBots: true, null, 7));
            var expected = visits.Count(visit => link == 0 || visit.Link.ToInt64() == link);
            Assert.Equal(expected + (link == 0 ? 1 : 0), walked.Distinct().Count());
            Assert.Equal(walked.Count, walked.Distinct().Count());
            Assert.Equal(walked.OrderByDescending(kept => kept.Position.At), walked);
        }

        var people = await WalkAsync(new(Everything, IncludeBots: false, null, 7));
        Assert.Equal(241, people.Count);
        var within = await WalkAsync(
            new(new(0, Now.AddHours(-40), Now.AddHours(-30)), IncludeBots: true, null, 7));
        Assert.Equal(40, within.Count);
        Assert.All(within, kept => Assert.InRange(
            kept.Visit.At, Now.AddHours(-40), Now.AddHours(-30).AddMilliseconds(-1)));
    }

    [Fact]
    public async Task Only_whole_days_before_the_retention_time_are_dropped_and_counts_stay()
    {
        var retention = TimeSpan.FromDays(90);
        var first = new DateTimeOffset(Now.UtcDateTime.Date, TimeSpan.Zero) - retention;
        await SetClockAsync(Now);
        await Store.AddAsync(
            new(new(1, 1), 1,
            [
                NewVisit(1, first.AddDays(-5)), NewVisit(1, first.AddMilliseconds(-1)),
                NewVisit(1, first), NewVisit(1, Now),
            ]),
            default);

        Assert.Equal(2, await Partitions.DropExpiredAsync(retention, default));
        Assert.Equal(0, await Partitions.DropExpiredAsync(retention, default));
        Assert.Equal([Now, first], (await ListAsync(Everything)).Select(kept => kept.Visit.At));
        Assert.Equal(new VisitSum(4, 0), await TotalAsync(1));

        await SetClockAsync(Now.AddDays(1));
        Assert.Equal(1, await Partitions.DropExpiredAsync(retention, default));
        Assert.Equal([Now], (await ListAsync(Everything)).Select(kept => kept.Visit.At));
    }

    [Fact]
    public async Task A_visit_of_a_dropped_day_still_counts()
    {
        await SetClockAsync(Now);
        var old = Now.AddDays(-200);
        await Store.AddAsync(new(new(1, 1), 1, [NewVisit(1, old)]), default);
        await Task.WhenAll(
            Partitions.DropExpiredAsync(TimeSpan.FromDays(90), default),
            Partitions.DropExpiredAsync(TimeSpan.FromDays(90), default));
        Assert.True(await Store.AddAsync(new(new(1, 1), 2, [NewVisit(1, old), NewVisit(1)]), default));

        Assert.Equal(new VisitSum(3, 0), await TotalAsync(1));
        Assert.Equal(2, (await ListAsync(Everything)).Count);
    }

    private protected static Visit NewVisit(long link, DateTimeOffset? at = null, string country = "") => new(
        Tsid.FromInt64(link), at ?? Now, RedirectOutcome.Followed, false, country, "", "", "", "");

    private protected async Task<VisitSum> SumAsync(VisitRange range) =>
        (await Reader.CountHoursAsync(range, default))
            .Aggregate(default(VisitSum), (sum, hour) => sum.Add(hour.Sum));

    private protected Task<VisitSum> TotalAsync(long link) =>
        Reader.ReadTotalAsync(Tsid.FromInt64(link), default);

    private protected async Task<IReadOnlyList<StoredVisit>> ListAsync(VisitRange range) =>
        (await Reader.ListAsync(new(range, IncludeBots: true, null, 10_000), default)).Visits;

    private async Task<List<StoredVisit>> WalkAsync(VisitPage page)
    {
        var walked = new List<StoredVisit>();
        for (VisitPage? next = page; next is not null;)
        {
            var list = await Reader.ListAsync(next, default);
            Assert.InRange(list.Visits.Count, 0, page.Limit);
            walked.AddRange(list.Visits);
            next = list.Next is null ? null : page with { Before = list.Next };
        }

        return walked;
    }

    private async Task AssertValuesAsync(
        VisitRange range, VisitDimension dimension, List<Visit> visits, Func<Visit, string> value)
    {
        var counts = await Reader.CountValuesAsync(range, dimension, 1000, default);
        var known = visits.Where(visit => value(visit).Length > 0).ToList();
        var expected = known.GroupBy(value)
            .Select(group => new ValueCount(group.Key, SumOf(group)))
            .OrderByDescending(count => (count.Sum.Visits, count.Sum.Bots))
            .ThenBy(count => count.Value, StringComparer.Ordinal);
        Assert.Equal(expected, counts.Values);
        Assert.Equal(SumOf(known), counts.Known);
        Assert.Equal(SumOf(visits), counts.All);
    }

    private static VisitSum SumOf(IEnumerable<Visit> visits) =>
        visits.Aggregate(default(VisitSum), (sum, visit) => sum.Add(VisitSum.Of(visit.IsBot, 1)));

    /// <summary>Rules are only counted; single visits are stored without them.</summary>
    private static string Text(Visit visit) => (visit with { Rule = "" }).ToString();

    private static Visit AnyVisit(Random random)
    {
        string Any(string name) => random.Next(4) == 0 ? "" : $"{name}{random.Next(6)}";
        return new(
            Tsid.FromInt64(random.Next(1, 4)),
            Now.AddMinutes(-random.Next(60 * 24 * 3)),
            RedirectOutcome.Followed,
            random.Next(3) == 0,
            Any("C"),
            Any("r"),
            Any("b"),
            Any("o"),
            Any("d"),
            Any("rule "));
    }
}
