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

        Assert.Equal(long.MaxValue, layout.Compose(layout.MaxTick, 31, 127).Value);
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
}
