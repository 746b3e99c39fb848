using Terse.Events;

namespace Terse.Tests.Events;

/// <summary>The events of a database, as all its hosts have them sooner or later.</summary>
internal sealed class FakeEvents(DateTimeOffset begin)
{
    private readonly Lock _lock = new();
    private readonly List<StoredEvent> _events = [];

    /// <summary>The position before all events.</summary>
    public EventPosition Begin { get; } = new((begin - DateTimeOffset.UnixEpoch).Ticks / 10, 0);

    /// <summary>When the last event was written; a horizon that has passed it shows all events.</summary>
    public long LastAt { get; private set; } = (begin - DateTimeOffset.UnixEpoch).Ticks / 10;

    public IReadOnlyList<StoredEvent> All
    {
        get
        {
            lock (_lock)
                return [.. _events];
        }
    }

    /// <summary>Writes an event.</summary>
    /// <param name="type">The type.</param>
    /// <param name="link">The id of the link; the subject is <c>go.example/cLINK</c>.</param>
    /// <param name="at">How many microseconds after the last event.</param>
    /// <param name="after">The state of the link.</param>
    public StoredEvent Add(string type, long link, long at = 1, string? after = null)
    {
        lock (_lock)
        {
            LastAt += at;
            var position = new EventPosition(LastAt, _events.Count + 1);
            _events.Add(new(
                position,
                type,
                $"go.example/c{link}",
                link,
                1,
                "ops",
                null,
                after ?? """{"target":"https://example.com/"}""",
                null));
            return _events[^1];
        }
    }
}

/// <summary>A host of the database, which shows the events up to its horizon.</summary>
internal sealed class FakeEventLog(FakeEvents events) : IEventLog
{
    private long _horizon = events.LastAt;

    /// <summary>Up to which time the host shows events, in microseconds.</summary>
    public long Horizon
    {
        get => Volatile.Read(ref _horizon);
        set => Volatile.Write(ref _horizon, value);
    }

    /// <summary>How often the log was read.</summary>
    public int Reads;

    public async Task<EventPage> ReadAsync(
        EventPosition? after, int limit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Reads);
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        var horizon = Horizon;
        var end = EventPosition.EndOf(horizon);
        if (after is not { } begin)
            return new([], end);
        List<StoredEvent> page =
        [
            .. events.All
                .Where(stored => stored.Position > begin && stored.Position.At <= horizon)
                .Take(limit),
        ];
        return new(page, page.Count == limit ? page[^1].Position : begin > end ? begin : end);
    }
}
