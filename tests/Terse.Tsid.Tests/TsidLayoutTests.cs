namespace Terse.Tests;

public sealed class TsidLayoutTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_id_comes_apart_into_what_it_was_put_together_from()
    {
        var layout = TsidLayout.Terse(Epoch);
        (long, int, int)[] parts = [(0, 0, 0), (1, 31, 127), (layout.MaxTick, 31, 127), (77, 3, 9)];
        foreach (var (tick, node, sequence) in parts)
        {
            var id = layout.Compose(tick, node, sequence);

            Assert.Equal(tick, layout.TickOf(id));
            Assert.Equal(node, layout.NodeOf(id));
            Assert.Equal(sequence, layout.SequenceOf(id));
        }

        Assert.Equal(long.MaxValue, layout.Compose(layout.MaxTick, 31, 127).ToInt64());
    }

    [Fact]
    public void A_part_out_of_its_range_is_refused()
    {
        var layout = TsidLayout.Terse(Epoch);

        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(-1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(layout.MaxTick + 1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(0, 32, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(0, 0, 128));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.TickAt(Epoch.AddTicks(-1)));
    }

    [Fact]
    public void A_tick_begins_when_the_one_before_ends()
    {
        var layout = TsidLayout.Terse(Epoch);

        Assert.Equal(0, layout.TickAt(Epoch));
        Assert.Equal(0, layout.TickAt(layout.StartOf(1).AddTicks(-1)));
        Assert.Equal(1, layout.TickAt(layout.StartOf(1)));
        Assert.Equal(Epoch.AddMilliseconds(10), layout.StartOf(1));
    }

    [Fact]
    public void With_the_default_layout_codes_have_eight_characters_for_2_7_years_and_nine_for_165()
    {
        var layout = TsidLayout.Terse(Epoch);
        var year = TimeSpan.FromDays(365.25);

        Assert.Equal(8, CodeAfter(layout, year * 2.7).Length);
        Assert.Equal(9, CodeAfter(layout, year * 2.8).Length);
        Assert.Equal(9, CodeAfter(layout, year * 167).Length);
    }

    [Fact]
    public void Bits_that_do_not_fit_are_refused_with_their_sum()
    {
        var failure = Assert.Throws<ArgumentException>(
            () => new TsidLayout("wide", TimeSpan.FromMilliseconds(1), Epoch, 10, sequenceBits: 22));

        Assert.Contains("10 bits of node + 22 of sequence + 35", failure.Message, StringComparison.Ordinal);
        Assert.Contains("= 67 bits", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 5, 7)]
    [InlineData(-1, 5, 7)]
    [InlineData(10, -1, 7)]
    [InlineData(10, 31, 7)]
    [InlineData(10, 5, 31)]
    public void A_part_of_a_layout_out_of_its_range_is_refused(
        int tickMilliseconds, int nodeBits, int sequenceBits)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TsidLayout(
            "odd", TimeSpan.FromMilliseconds(tickMilliseconds), Epoch, nodeBits, sequenceBits));
    }

    private static string CodeAfter(TsidLayout layout, TimeSpan age) =>
        layout.Compose(layout.TickAt(layout.Epoch + age), 0, 0).ToString();

    [Fact]
    public void Ticks_begin_on_the_millisecond_centuries_after_the_epoch()
    {
        var layout = TsidLayout.Terse(new DateTimeOffset(1097, 1, 31, 6, 20, 51, TimeSpan.Zero));
        var begin = new DateTimeOffset(2033, 3, 16, 7, 43, 24, TimeSpan.Zero).AddMilliseconds(30);

        Assert.Equal(begin, layout.StartOf(layout.TickAt(begin)));
    }
}
