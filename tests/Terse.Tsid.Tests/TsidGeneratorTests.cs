using System.Collections.Concurrent;

namespace Terse.Tests;

public sealed class TsidGeneratorTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TsidLayout Layout = TsidLayout.Terse(Epoch);

    [Fact]
    public void Each_id_is_greater_than_the_one_before_whatever_the_clock_does()
    {
        var time = new FakeTime(Epoch.AddDays(3));
        var generator = new TsidGenerator(Layout, node: 2, afterTick: -1, time);
        var random = new Random(12);
        var last = new Tsid(0);
        for (var round = 0; round < 5000; round++)
        {
            time.Pass(TimeSpan.FromMilliseconds(random.Next(30)));
            time.Now += TimeSpan.FromHours(random.Next(-48, 48));

            Assert.True(generator.TryNext(out var id));
            Assert.True(last < id);
            Assert.Equal(2, Layout.NodeOf(id));
            last = id;
        }
    }

    [Fact]
    public void It_starts_strictly_after_the_tick_that_may_be_in_use()
    {
        var time = new FakeTime(Epoch.AddDays(3));
        var used = Layout.TickAt(Epoch.AddDays(4));
        var generator = new TsidGenerator(Layout, node: 0, used, time);

        Assert.True(generator.TryNext(out var id));
        Assert.Equal(used + 1, Layout.TickOf(id));
    }

    [Fact]
    public void A_clock_before_the_epoch_is_taken_for_the_epoch()
    {
        var generator = new TsidGenerator(Layout, node: 0, afterTick: -1, new FakeTime(Epoch.AddDays(-1)));

        Assert.True(generator.TryNext(out var id));
        Assert.Equal(new Tsid(0), id);
    }

    [Fact]
    public void It_runs_ahead_of_time_for_a_second_and_then_waits_for_the_next_tick()
    {
        var time = new FakeTime(Epoch);
        var generator = new TsidGenerator(Layout, node: 0, afterTick: -1, time);
        var minted = 0;
        while (generator.TryNext(out _))
            minted++;

        Assert.Equal(101 * Layout.SequenceCount, minted);
        time.Pass(Layout.TickLength);
        Assert.True(generator.TryNext(out var id));
        Assert.Equal(101, Layout.TickOf(id));
    }

    [Fact]
    public void Threads_never_get_the_same_id()
    {
        var generator = new TsidGenerator(Layout, node: 0, afterTick: -1, TimeProvider.System);
        var minted = new ConcurrentBag<Tsid>();
        Parallel.For(0, 8, _ =>
        {
            for (var round = 0; round < 1000 && generator.TryNext(out var id); round++)
                minted.Add(id);
        });

        Assert.Equal(8000, minted.Count);
        Assert.Equal(minted.Count, minted.Distinct().Count());
    }
}
