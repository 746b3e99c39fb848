namespace Terse.Events;

/// <summary>
/// The newest events of the log in memory, without a gap: all events after a start, up to an end. Safe for
/// use by one writer and any number of readers.
/// </summary>
/// <param name="maxEvents">The maximum number of events.</param>
/// <param name="maxBytes">The maximum memory, about.</param>
internal sealed class TailBuffer(int maxEvents, long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly List<LiveEvent> _events = [];
    private int _first;
    private long _bytes;
    private EventPosition _start;
    private EventPosition? _end;
    private TaskCompletionSource _changed = New();

    /// <summary>Where the next read of the log continues; null before the first one.</summary>
    public EventPosition? End
    {
        get
        {
            lock (_lock)
                return _end;
        }
    }

    /// <summary>Adds what was read of the log. The first call sets only the start.</summary>
    public void Add(EventPage page)
    {
        lock (_lock)
        {
            if (_end is null)
                _start = page.End;
            foreach (var stored in _end is null ? [] : page.Events)
            {
                if (stored.Type == EventTypes.LinkErased)
                    Erase(stored.LinkId);
                var live = new LiveEvent(stored);
                _events.Add(live);
                _bytes += live.Size;
            }

            var hasNews = _end is null || page.Events.Count > 0;
            _end = page.End;
            Evict();
            if (!hasNews)
                return;
            _changed.SetResult();
            _changed = New();
        }
    }

    /// <summary>Reads events after a position.</summary>
    /// <param name="position">The position after which the events follow.</param>
    /// <param name="limit">The maximum number of events.</param>
    public TailSlice ReadAfter(EventPosition position, int limit)
    {
        lock (_lock)
        {
            if (_end is not { } end)
                return new([], position, _changed.Task);
            if (position < _start)
                return new([], position, _changed.Task) { IsBehind = true };
            var from = FindAfter(position);
            var events = _events.GetRange(from, Math.Min(limit, _events.Count - from));
            var isLive = from + events.Count == _events.Count;
            var reached = !isLive ? events[^1].Position
                : position > end ? position
                : end;
            return new(events, reached, _changed.Task) { IsLive = isLive };
        }
    }

    /// <summary>
    /// How far a reader is behind the end: the time between both positions, and zero if there is no event
    /// between them.
    /// </summary>
    public TimeSpan LagOf(EventPosition position)
    {
        lock (_lock)
        {
            var last = _events.Count > _first ? _events[^1].Position : _start;
            return _end is { } end && position < last && end.Time > position.Time
                ? end.Time - position.Time
                : TimeSpan.Zero;
        }
    }

    /// <summary>The index of the first event after a position.</summary>
    private int FindAfter(EventPosition position)
    {
        var (from, until) = (_first, _events.Count);
        while (from < until)
        {
            var middle = (from + until) / 2;
            if (_events[middle].Position <= position)
                from = middle + 1;
            else
                until = middle;
        }

        return from;
    }

    /// <summary>The earlier events of an erased link lose what people wrote, as in the database.</summary>
    private void Erase(long? linkId)
    {
        for (var index = _first; index < _events.Count; index++)
        {
            if (_events[index].Stored.LinkId == linkId)
                _events[index] = _events[index].WithoutStates();
        }
    }

    private void Evict()
    {
        for (; _events.Count - _first > maxEvents || (_bytes > maxBytes && _first < _events.Count); _first++)
        {
            _start = _events[_first].Position;
            _bytes -= _events[_first].Size;
            _events[_first] = null!;
        }

        if (_first <= _events.Count / 2)
            return;
        _events.RemoveRange(0, _first);
        _first = 0;
    }

    /// <remarks>The readers must not run inside of the lock.</remarks>
    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <param name="Events">The events.</param>
/// <param name="End">Where the next read continues.</param>
/// <param name="Changed">Completes when there are further events.</param>
internal sealed record TailSlice(IReadOnlyList<LiveEvent> Events, EventPosition End, Task Changed)
{
    /// <summary>Whether events after the position are no longer in memory.</summary>
    public bool IsBehind { get; init; }

    /// <summary>Whether the end is the end of what was read of the log.</summary>
    public bool IsLive { get; init; }
}
