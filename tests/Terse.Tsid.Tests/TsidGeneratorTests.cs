using System.Collections.Concurrent;
using Terse.Harness;

namespace Terse.Tests;

public sealed class TsidGeneratorTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Start = Epoch.AddDays(3);
    private static readonly TsidLayout Layout = TsidLayout.Terse(Epoch);

    [Fact]
    public void Each_id_is_greater_than_the_one_before_whatever_the_clocks_do()
    {
        var time = new FakeTime(Start);
        var generator = new TsidGenerator(Layout, node: 2, time);
        var random = new Random(12);
        var last = default(Tsid);
        for (var round = 0; round < 5000; round++)
        {
            time.Pass(TimeSpan.FromMilliseconds(random.Next(30)));
            time.Now += TimeSpan.FromHours(random.Next(-48, 48));
            if (random.Next(10) == 0)
                generator.Extend(DateTimeOffset.MaxValue, time.Now);

            Assert.True(generator.TryNext(out var id));
            Assert.True(last < id);
            Assert.Equal(2, Layout.NodeOf(id));
            last = id;
        }
    }

    [Fact]
    public void It_mints_no_tick_that_begins_before_its_reservation_or_ends_after_it()
    {
        var time = new FakeTime(Start);
        var (from, until) = (Start.AddMilliseconds(5), Start.AddMilliseconds(39));
        var generator = new TsidGenerator(Layout, node: 0, from, until, Start, time);
        var ticks = Drain(generator);

        Assert.Equal([1, 2], ticks.Select(tick => tick - Layout.TickAt(Start)).Distinct());
        Assert.True(generator.IsExhausted);
        Assert.Equal(Start.AddMilliseconds(30), generator.UsedUntil);

        generator.Extend(Start.AddMilliseconds(40), Start);
        Assert.Equal([3], Drain(generator).Select(tick => tick - Layout.TickAt(Start)).Distinct());
    }

    [Fact]
    public void A_reservation_that_begins_after_the_present_is_minted_from_at_once()
    {
        var time = new FakeTime(Start);
        var tomorrow = Start.AddDays(1);
        var generator = new TsidGenerator(Layout, 0, tomorrow, tomorrow.AddMinutes(1), Start, time);

        Assert.True(generator.TryNext(out var id));
        Assert.Equal(tomorrow, Layout.StartOf(Layout.TickOf(id)));
    }

    [Fact]
    public void A_spent_reservation_ends_minting_even_when_time_went_on_unnoticed()
    {
        var time = new FakeTime(Start);
        var generator = new TsidGenerator(Layout, 0, Start, Start.AddSeconds(30), Start, time);
        Assert.True(generator.TryNext(out _));

        time.Pass(TimeSpan.FromHours(1));
        Assert.False(generator.TryNext(out _));
        Assert.True(generator.IsExhausted);
    }

    [Fact]
    public async Task Waiting_for_a_spent_reservation_is_an_error_and_no_hang()
    {
        var generator = new TsidGenerator(Layout, 0, Start, Start, Start, new FakeTime(Start));
        await Assert.ThrowsAsync<InvalidOperationException>(() => generator.NextAsync(default).AsTask());
    }

    [Fact]
    public void A_time_before_the_epoch_is_taken_for_the_epoch()
    {
        var generator = new TsidGenerator(Layout, node: 0, new FakeTime(Epoch.AddDays(-1)));

        Assert.True(generator.TryNext(out var id));
        Assert.Equal(default, id);
    }

    [Fact]
    public void It_runs_ahead_of_time_for_a_second_and_then_waits_for_the_next_tick()
    {
        var time = new FakeTime(Epoch);
        var generator = new TsidGenerator(Layout, node: 0, time);

        Assert.Equal(101 * Layout.SequenceCount, Drain(generator).Count);
        Assert.False(generator.IsExhausted);
        time.Pass(Layout.TickLength);
        Assert.True(generator.TryNext(out var id));
        Assert.Equal(101, Layout.TickOf(id));
    }

    [Fact]
    public void Extended_it_follows_the_given_time_but_never_so_far_back_that_it_stalls()
    {
        var time = new FakeTime(Start);
        var generator = new TsidGenerator(Layout, 0, Start, Start.AddDays(9), Start, time);
        generator.TryNext(out _);

        generator.Extend(Start.AddDays(9), Start.AddHours(1));
        Assert.True(generator.TryNext(out var later));
        Assert.Equal(Start.AddHours(1), Layout.StartOf(Layout.TickOf(later)));

        generator.Extend(Start.AddDays(9), Start.AddDays(-1));
        Assert.Equal(Start.AddHours(1) - (TsidGenerator.MaxAhead / 2), generator.Now);
        Assert.True(generator.TryNext(out var next));
        Assert.True(later < next);
        Assert.Equal(Layout.TickOf(later), Layout.TickOf(next));
    }

    [Fact]
    public void Threads_never_get_the_same_id()
    {
        var generator = new TsidGenerator(Layout, node: 0, TimeProvider.System);
        var minted = new ConcurrentBag<Tsid>();
        Parallel.For(0, 8, _ =>
        {
            for (var round = 0; round < 1000 && generator.TryNext(out var id); round++)
                minted.Add(id);
        });

        Assert.Equal(8000, minted.Count);
        Assert.Equal(minted.Count, minted.Distinct().Count());
    }

    [Fact]
    public async Task Stopped_while_threads_mint_it_mints_nothing_after_the_instant_that_it_tells()
    {
        for (var round = 0; round < 200; round++)
        {
            var generator = new TsidGenerator(Layout, node: 0, TimeProvider.System);
            using var started = new CountdownEvent(2);
            var minting = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                started.Signal();
                Tsid last = default;
                while (generator.TryNext(out var id))
                    last = id;
                return last;
            })).ToList();
            started.Wait(TestContext.Current.CancellationToken);
            var usedUntil = generator.Stop();
            var last = (await Task.WhenAll(minting)).Max();

            Assert.InRange(Layout.StartOf(Layout.TickOf(last)), Epoch, usedUntil - Layout.TickLength);
            Assert.True(generator.IsExhausted);
            Assert.Equal(usedUntil, generator.UsedUntil);
            Assert.Equal(usedUntil, generator.Stop());
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 7)]
    [InlineData(5, 0)]
    public void Without_node_or_sequence_bits_ids_still_grow_and_stopping_still_holds(int node, int sequence)
    {
        var layout = new TsidLayout("small", TimeSpan.FromMilliseconds(1), Epoch, node, sequence);
        var generator = new TsidGenerator(layout, node: 0, new FakeTime(Start));
        Assert.True(generator.TryNext(out var first));
        Assert.True(generator.TryNext(out var second));
        Assert.True(first < second);

        Assert.Equal(layout.StartOf(layout.TickOf(second) + 1), generator.Stop());
        Assert.False(generator.TryNext(out _));
        Assert.True(generator.IsExhausted);
    }

    [Fact]
    public void After_a_layouts_last_tick_it_mints_no_more()
    {
        var layout = new TsidLayout("short", TimeSpan.FromDays(1), Epoch, nodeBits: 30, sequenceBits: 24);
        var generator = new TsidGenerator(layout, 0, new FakeTime(Epoch.AddDays(600)));

        Assert.Equal(511, layout.MaxTick);
        Assert.False(generator.TryNext(out _));
        Assert.True(generator.IsExhausted);
    }

    private static List<long> Drain(TsidGenerator generator)
    {
        var ticks = new List<long>();
        while (generator.TryNext(out var id))
            ticks.Add(Layout.TickOf(id));
        return ticks;
    }
}
