using System.Collections.Concurrent;
using Terse.Harness;

namespace Terse.Tests;

public sealed class TsidGeneratorTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Start = Epoch.AddDays(3);
    private static readonly TsidLayout Layout = TsidLayout.Terse(Epoch);

    [Fact]
    public void Each_id_is_greater_than_the_id_before_whatever_the_clocks_do()
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
    public void No_id_is_in_a_tick_that_begins_before_the_reservation_or_ends_after_it()
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
    public void A_reservation_that_begins_in_the_future_can_be_used_at_once()
    {
        var time = new FakeTime(Start);
        var tomorrow = Start.AddDays(1);
        var generator = new TsidGenerator(Layout, 0, tomorrow, tomorrow.AddMinutes(1), Start, time);

        Assert.True(generator.TryNext(out var id));
        Assert.Equal(tomorrow, Layout.StartOf(Layout.TickOf(id)));
    }

    [Fact]
    public void After_the_end_of_the_reservation_no_id_is_minted()
    {
        var time = new FakeTime(Start);
        var generator = new TsidGenerator(Layout, 0, Start, Start.AddSeconds(30), Start, time);
        Assert.True(generator.TryNext(out _));

        time.Pass(TimeSpan.FromHours(1));
        Assert.False(generator.TryNext(out _));
        Assert.True(generator.IsExhausted);
    }

    [Fact]
    public async Task Waiting_for_an_id_of_an_exhausted_reservation_is_an_error()
    {
        var generator = new TsidGenerator(Layout, 0, Start, Start, Start, new FakeTime(Start));
        await Assert.ThrowsAsync<InvalidOperationException>(() => generator.NextAsync(default).AsTask());
    }

    [Fact]
    public void A_time_before_the_epoch_counts_as_the_epoch()
    {
        var generator = new TsidGenerator(Layout, node: 0, new FakeTime(Epoch.AddDays(-1)));

        Assert.True(generator.TryNext(out var id));
        Assert.Equal(default, id);
    }

    [Fact]
    public void A_generator_mints_up_to_a_second_ahead_of_time_and_then_waits_for_the_next_tick()
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
    public void An_extension_sets_the_time_but_never_so_far_back_that_minting_must_wait()
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
    public void Two_threads_never_get_the_same_id()
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
    public async Task A_generator_stopped_under_load_mints_no_id_after_the_returned_instant()
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
    public void Layouts_without_node_or_sequence_bits_keep_all_promises(int node, int sequence)
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
    public void After_the_last_tick_of_the_layout_no_id_is_minted()
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
