using Terse.Events;

namespace Terse.Tests.Events;

public sealed class TailBufferTests
{
    private const int MaxEvents = 10;

    private readonly TailBuffer _buffer = new(MaxEvents, maxBytes: 100_000);

    [Fact]
    public void A_reader_waits_until_the_log_was_read()
    {
        var slice = _buffer.ReadAfter(new(1, 1), 5);

        Assert.Equal((0, new EventPosition(1, 1), false, false), StateOf(slice));
        _buffer.Add(new([], new(2, 0)));
        Assert.True(slice.Changed.IsCompleted);
    }

    [Fact]
    public void A_reader_before_the_start_is_behind()
    {
        _buffer.Add(new([], new(5, 0)));

        Assert.True(_buffer.ReadAfter(new(4, 9), 5).IsBehind);
        Assert.False(_buffer.ReadAfter(new(5, 0), 5).IsBehind);
    }

    [Fact]
    public void A_reader_gets_the_events_after_its_position_and_then_the_end()
    {
        _buffer.Add(new([], new(5, 0)));
        _buffer.Add(new([EventAt(6), EventAt(7), EventAt(8)], new(9, 0)));

        Assert.Equal((2, new EventPosition(7, 7), false, false), StateOf(_buffer.ReadAfter(new(5, 0), 2)));
        Assert.Equal((1, new EventPosition(9, 0), false, true), StateOf(_buffer.ReadAfter(new(7, 7), 2)));
        Assert.Equal((0, new EventPosition(9, 0), false, true), StateOf(_buffer.ReadAfter(new(8, 8), 2)));
    }

    [Fact]
    public void A_reader_that_another_server_has_brought_further_does_not_go_back()
    {
        _buffer.Add(new([], new(5, 0)));
        _buffer.Add(new([EventAt(6)], new(9, 0)));

        Assert.Equal((0, new EventPosition(12, 1), false, true), StateOf(_buffer.ReadAfter(new(12, 1), 2)));
        _buffer.Add(new([EventAt(11), EventAt(12), EventAt(13)], new(14, 0)));
        Assert.Equal(
            [new EventPosition(12, 12), new EventPosition(13, 13)],
            _buffer.ReadAfter(new(12, 1), 5).Events.Select(live => live.Position));
    }

    [Fact]
    public void The_oldest_events_leave_and_their_readers_are_behind()
    {
        _buffer.Add(new([], new(0, 0)));
        for (var at = 1; at <= 35; at++)
            _buffer.Add(new([EventAt(at)], new(at, at)));

        Assert.True(_buffer.ReadAfter(new(24, 24), 100).IsBehind);
        Assert.Equal(
            Enumerable.Range(26, MaxEvents).Select(at => new EventPosition(at, at)),
            _buffer.ReadAfter(new(25, 25), 100).Events.Select(live => live.Position));
    }

    [Fact]
    public void Large_events_leave_before_they_take_too_much_memory()
    {
        _buffer.Add(new([], new(0, 0)));
        for (var at = 1; at <= 5; at++)
            _buffer.Add(new([EventAt(at) with { After = new string(' ', 9_000) }], new(at, at)));

        Assert.True(_buffer.ReadAfter(new(2, 2), 100).IsBehind);
        Assert.Equal(2, _buffer.ReadAfter(new(3, 3), 100).Events.Count);
    }

    [Fact]
    public void A_reader_lags_only_while_there_are_events_after_its_position()
    {
        _buffer.Add(new([], new(5, 0)));
        Assert.Equal(TimeSpan.Zero, _buffer.LagOf(new(5, 0)));
        _buffer.Add(new([EventAt(6)], new(1_000_005, 0)));

        Assert.Equal(TimeSpan.FromSeconds(1), _buffer.LagOf(new(5, 0)));
        Assert.Equal(TimeSpan.Zero, _buffer.LagOf(new(6, 6)));
    }

    private static (int Events, EventPosition End, bool IsBehind, bool IsLive) StateOf(TailSlice slice) =>
        (slice.Events.Count, slice.End, slice.IsBehind, slice.IsLive);

    [Fact]
    public void The_earlier_events_of_an_erased_link_lose_what_people_wrote()
    {
        var visited = EventAt(6) with { LinkId = 1, Data = """{"visits":1,"tags":["mail"]}""" };
        _buffer.Add(new([], new(5, 0)));
        _buffer.Add(new([visited, EventAt(7) with { LinkId = 2 }], new(7, 7)));
        var erased = EventAt(8) with { Type = EventTypes.LinkErased, LinkId = 1, After = null };
        _buffer.Add(new([erased], new(8, 8)));

        var kept = _buffer.ReadAfter(new(5, 0), 9).Events.Select(live => live.Stored).ToList();
        Assert.Equal((null, """{"visits":1}"""), (kept[0].After, kept[0].Data));
        Assert.Equal("{}", kept[1].After);
    }

    private static StoredEvent EventAt(long at) =>
        new(new(at, at), "link.created", "/c", 1, 1, null, null, "{}", null);
}
