namespace Terse.Tests;

public sealed class TsidLayoutTests
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_id_decomposes_into_the_parts_that_it_was_composed_from()
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
    public void A_part_of_an_id_out_of_its_range_is_refused()
    {
        var layout = TsidLayout.Terse(Epoch);

        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(-1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(layout.MaxTick + 1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(0, -1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(0, 32, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(0, 0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Compose(0, 0, 128));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.TickAt(Epoch.AddTicks(-1)));
    }

    [Fact]
    public void A_tick_begins_where_the_tick_before_ends()
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
    [InlineData(86_400_001, 5, 7)]
    [InlineData(10, 5, -1)]
    [InlineData(10, -1, 7)]
    [InlineData(10, 31, 7)]
    [InlineData(10, 5, 31)]
    public void A_parameter_of_a_layout_out_of_its_range_is_refused(
        int tickMilliseconds, int nodeBits, int sequenceBits)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TsidLayout(
            "odd", TimeSpan.FromMilliseconds(tickMilliseconds), Epoch, nodeBits, sequenceBits));
    }

    private static string CodeAfter(TsidLayout layout, TimeSpan age) =>
        layout.Compose(layout.TickAt(layout.Epoch + age), 0, 0).ToString();

    [Fact]
    public void Ticks_begin_on_whole_milliseconds_centuries_after_the_epoch()
    {
        var layout = TsidLayout.Terse(new DateTimeOffset(1097, 1, 31, 6, 20, 51, TimeSpan.Zero));
        var begin = new DateTimeOffset(2033, 3, 16, 7, 43, 24, TimeSpan.Zero).AddMilliseconds(30);

        Assert.Equal(begin, layout.StartOf(layout.TickAt(begin)));
    }

    [Theory]
    [InlineData(1, 14, 14)]
    [InlineData(86_400_000, 30, 24)]
    [InlineData(86_400_000, 24, 30)]
    public void The_largest_number_of_bits_leaves_room_for_a_year(
        int tickMilliseconds, int nodeBits, int sequenceBits)
    {
        var tick = TimeSpan.FromMilliseconds(tickMilliseconds);
        var layout = new TsidLayout("full", tick, Epoch, nodeBits, sequenceBits);

        Assert.Equal((1 << nodeBits, 1 << sequenceBits), (layout.NodeCount, layout.SequenceCount));
        Assert.InRange(tick * layout.MaxTick, TimeSpan.FromDays(366), TimeSpan.FromDays(2 * 366));
        Assert.ThrowsAny<ArgumentException>(
            () => new TsidLayout("over", tick, Epoch, nodeBits, sequenceBits + 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void A_layout_needs_a_name(string name) =>
        Assert.Throws<ArgumentException>(() => new TsidLayout(name, TimeSpan.FromSeconds(1), Epoch, 5, 7));

    [Fact]
    public void A_tick_must_be_a_whole_number_of_milliseconds()
    {
        var failure = Assert.Throws<ArgumentException>(
            () => new TsidLayout("odd", TimeSpan.FromMilliseconds(1.5), Epoch, 5, 7));

        Assert.Contains("whole number of milliseconds", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_epoch_is_in_UTC()
    {
        var seoul = new DateTimeOffset(2026, 1, 1, 9, 0, 0, TimeSpan.FromHours(9));
        var layout = TsidLayout.Terse(seoul);

        Assert.Equal((Epoch, TimeSpan.Zero), (layout.Epoch, layout.Epoch.Offset));
    }

    [Fact]
    public void The_known_layouts_have_the_parameters_of_their_specifications()
    {
        var (terse, canonical, snowflake) =
            (TsidLayout.Terse(Epoch), TsidLayout.Canonical, TsidLayout.Snowflake);

        Assert.Equal(("terse", 5, 7), (terse.Name, terse.NodeBits, terse.SequenceBits));
        Assert.Equal(TimeSpan.FromMilliseconds(10), terse.TickLength);
        Assert.Equal((1L << 51) - 1, terse.MaxTick);
        Assert.Equal(
            ("tsid-canonical", 10, 12), (canonical.Name, canonical.NodeBits, canonical.SequenceBits));
        Assert.Equal(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), canonical.Epoch);
        Assert.Equal(("snowflake", 10, 12), (snowflake.Name, snowflake.NodeBits, snowflake.SequenceBits));
        Assert.Equal(1_288_834_974_657, snowflake.Epoch.ToUnixTimeMilliseconds());
        Assert.All(
            [canonical, snowflake], layout => Assert.Equal(TimeSpan.FromMilliseconds(1), layout.TickLength));
    }

    [Fact]
    public void An_instant_after_the_last_tick_has_no_tick()
    {
        var layout = new TsidLayout("short", TimeSpan.FromDays(1), Epoch, nodeBits: 30, sequenceBits: 24);
        var end = layout.StartOf(layout.MaxTick).AddDays(1);

        Assert.Equal(511, layout.TickAt(end.AddTicks(-1)));
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => layout.TickAt(end));
        Assert.Contains("short", failure.Message, StringComparison.Ordinal);
        Assert.Contains("512 ticks", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_begin_of_a_tick_after_all_calendars_is_refused()
    {
        var layout = TsidLayout.Terse(Epoch);

        const long TicksOfTenThousandYears = 10_000L * 366 * 86_400 * 100;
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.StartOf(TicksOfTenThousandYears));
        Assert.Throws<OverflowException>(() => layout.StartOf(layout.MaxTick));
    }
}
