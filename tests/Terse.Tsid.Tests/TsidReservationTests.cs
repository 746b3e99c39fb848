using Terse.Harness;

namespace Terse.Tests;

/// <summary>Tests the start and the end of a reservation, exact to one tick (10 ms) of the layout.</summary>
public sealed class TsidReservationTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Start = Epoch.AddDays(3);
    private static readonly TsidLayout Layout = TsidLayout.Terse(Epoch);
    private static readonly TsidLayout Short =
        new("short", TimeSpan.FromDays(1), Epoch, nodeBits: 30, sequenceBits: 24);

    private readonly FakeTime _time = new(Start);

    [Fact]
    public void A_reservation_of_one_whole_tick_has_all_ids_of_this_tick()
    {
        var generator = NewGenerator(Start, Start.AddMilliseconds(10));
        var ids = Drain(generator);

        Assert.Equal(Enumerable.Range(0, 128), ids.Select(Layout.SequenceOf));
        Assert.All(ids, id => Assert.Equal(Layout.TickAt(Start), Layout.TickOf(id)));
        Assert.True(generator.IsExhausted);
        Assert.Equal(Start.AddMilliseconds(10), generator.UsedUntil);
    }

    [Fact]
    public void The_used_period_ends_with_the_tick_of_the_last_id()
    {
        var generator = NewGenerator(Start, Start.AddSeconds(30));
        Assert.Equal(Start, generator.UsedUntil);

        for (var count = 0; count < Layout.SequenceCount; count++)
        {
            Assert.True(generator.TryNext(out _));
            Assert.Equal(Start.AddMilliseconds(10), generator.UsedUntil);
        }

        Assert.True(generator.TryNext(out _));
        Assert.Equal(Start.AddMilliseconds(20), generator.UsedUntil);
    }

    [Fact]
    public void A_reservation_is_exhausted_exactly_at_its_end()
    {
        var generator = NewGenerator(Start, Start.AddMilliseconds(30));
        _time.Pass(TimeSpan.FromMilliseconds(29));
        Assert.False(generator.IsExhausted);

        _time.Pass(TimeSpan.FromMilliseconds(1));
        Assert.True(generator.IsExhausted);
        Assert.False(generator.TryNext(out var id));
        Assert.Equal(default, id);
    }

    [Fact]
    public void The_time_of_a_generator_advances_in_whole_ticks()
    {
        var generator = NewGenerator(Start, Start.AddSeconds(30));
        Assert.Equal(Start, generator.Now);

        _time.Pass(TimeSpan.FromMilliseconds(29));
        Assert.Equal(Start.AddMilliseconds(20), generator.Now);
        Assert.True(generator.TryNext(out var id));
        Assert.Equal(Start.AddMilliseconds(20), Layout.StartOf(Layout.TickOf(id)));
    }

    [Fact]
    public void An_extension_never_shortens_the_reservation()
    {
        var generator = NewGenerator(Start, Start.AddMilliseconds(20));
        generator.Extend(Start.AddMilliseconds(10), Start);

        Assert.Equal(2 * Layout.SequenceCount, Drain(generator).Count);
    }

    [Fact]
    public void An_extension_after_the_stop_does_not_restart_minting()
    {
        var generator = NewGenerator(Start, Start.AddSeconds(30));
        Assert.True(generator.TryNext(out _));
        var usedUntil = generator.Stop();
        generator.Extend(Start.AddSeconds(60), Start.AddSeconds(1));

        Assert.False(generator.TryNext(out _));
        Assert.True(generator.IsExhausted);
        Assert.Equal(Start.AddSeconds(1), generator.Now);
        Assert.Equal(usedUntil, generator.UsedUntil);
    }

    [Fact]
    public void With_ticks_longer_than_the_limit_ahead_of_time_only_the_current_tick_is_used()
    {
        var layout = new TsidLayout("slow", TimeSpan.FromSeconds(2), Epoch, nodeBits: 5, sequenceBits: 2);
        var generator = new TsidGenerator(layout, 0, Start, Start.AddDays(1), Start, _time);

        Assert.Equal(4, Drain(generator).Count);
        Assert.False(generator.IsExhausted);
        _time.Pass(layout.TickLength);
        Assert.Equal(4, Drain(generator).Count);
    }

    [Fact]
    public void The_last_tick_of_a_layout_can_be_used_when_the_reservation_contains_it()
    {
        var last = Short.StartOf(Short.MaxTick);
        var generator = new TsidGenerator(Short, 0, last, DateTimeOffset.MaxValue, last, _time);

        Assert.True(generator.TryNext(out var id));
        Assert.Equal(Short.MaxTick, Short.TickOf(id));
        Assert.False(generator.IsExhausted);
    }

    [Theory]
    [InlineData(511.5, 600)]
    [InlineData(0, 0)]
    [InlineData(511, 511.5)]
    public void A_reservation_without_a_whole_tick_has_no_ids(double fromDay, double untilDay)
    {
        var (from, until) = (Epoch.AddDays(fromDay), Epoch.AddDays(untilDay));
        var generator = new TsidGenerator(Short, 0, from, until, from, _time);

        Assert.False(generator.TryNext(out _));
        Assert.True(generator.IsExhausted);
    }

    [Fact]
    public async Task Waiting_ends_when_the_next_tick_begins()
    {
        var generator = NewGenerator(Start, Start.AddSeconds(30));
        var last = Drain(generator)[^1];
        var next = generator.NextAsync(default).AsTask();
        Assert.False(next.IsCompleted);
        _time.Pass(Layout.TickLength);

        Assert.Equal(Layout.TickOf(last) + 1, Layout.TickOf(await next));
    }

    [Fact]
    public async Task Waiting_ends_when_the_caller_cancels()
    {
        var generator = NewGenerator(Start, Start.AddSeconds(30));
        Assert.Equal(0, Layout.SequenceOf(await generator.NextAsync(new CancellationToken(canceled: true))));
        Drain(generator);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => generator.NextAsync(new CancellationToken(canceled: true)).AsTask());
    }

    [Fact]
    public async Task The_error_of_an_exhausted_reservation_names_the_node()
    {
        var generator = new TsidGenerator(Layout, node: 9, Start, Start, Start, _time);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => generator.NextAsync(default).AsTask());
        Assert.Contains("node 9", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_the_layout_does_not_have_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TsidGenerator(Layout, -1, _time));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TsidGenerator(Layout, 32, _time));
        Assert.True(new TsidGenerator(Layout, 31, _time).TryNext(out var id));
        Assert.Equal(31, Layout.NodeOf(id));
    }

    [Fact]
    public void A_generator_needs_a_layout_and_a_clock()
    {
        Assert.Throws<ArgumentNullException>(() => new TsidGenerator(null!, 0, _time));
        Assert.Throws<ArgumentNullException>(() => new TsidGenerator(Layout, 0, null!));
        Assert.Throws<ArgumentNullException>(
            () => new TsidGenerator(Layout, 0, Start, Start, Start, time: null!));
    }

    private TsidGenerator NewGenerator(DateTimeOffset from, DateTimeOffset until) =>
        new(Layout, node: 0, from, until, Start, _time);

    private static List<Tsid> Drain(TsidGenerator generator)
    {
        var ids = new List<Tsid>();
        while (generator.TryNext(out var id))
            ids.Add(id);
        return ids;
    }
}
