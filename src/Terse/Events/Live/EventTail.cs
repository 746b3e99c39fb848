using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Reads the end of the log for all live streams of this server, so that many streams cost one read. Nothing
/// is read while there are no streams. A stream that is further behind than the events in memory reads pages
/// of its own.
/// </summary>
internal sealed partial class EventTail(IEventLog log, TimeProvider time, ILogger<EventTail> logger)
    : IDisposable
{
    /// <summary>How often the log is read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>How many events stay in memory at most.</summary>
    public const int MaxEvents = 10_000;

    /// <summary>How much memory they may take, about.</summary>
    private const long MaxBytes = 32 << 20;

    private const int PageSize = 100;

    /// <summary>How many streams read pages of their own at the same time.</summary>
    private const int MaxPages = 4;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _pages = new(MaxPages);
    private readonly HashSet<TailReader> _readers = [];
    private CancellationTokenSource? _reading;
    private TailBuffer? _buffer;

    /// <summary>The number of streams.</summary>
    public int Readers
    {
        get
        {
            lock (_lock)
                return _readers.Count;
        }
    }

    /// <summary>How far the stream that is furthest behind is behind the log.</summary>
    public TimeSpan Lag
    {
        get
        {
            lock (_lock)
            {
                return _readers.Select(reader => reader.Buffer.LagOf(reader.Position))
                    .DefaultIfEmpty(TimeSpan.Zero).Max();
            }
        }
    }

    /// <summary>Adds a stream, and begins to read the log for the first one.</summary>
    /// <param name="position">The position after which the stream begins.</param>
    /// <param name="maxReaders">The maximum number of streams.</param>
    /// <returns>Null if there are too many. Otherwise, the caller must dispose the reader.</returns>
    public TailReader? TryJoin(EventPosition position, int maxReaders)
    {
        lock (_lock)
        {
            if (_readers.Count >= maxReaders)
                return null;
            if (_buffer is null)
            {
                _buffer = new(MaxEvents, MaxBytes);
                _reading = new();
                var (buffer, stopping) = (_buffer, _reading.Token);
                _ = Task.Run(() => ReadAsync(buffer, stopping), CancellationToken.None);
            }

            var reader = new TailReader(this, _buffer, position);
            _readers.Add(reader);
            return reader;
        }
    }

    public void Dispose()
    {
        lock (_lock)
            Stop();
        _pages.Dispose();
    }

    /// <summary>Removes a stream, and ends the reading after the last one.</summary>
    internal void Leave(TailReader reader)
    {
        lock (_lock)
        {
            if (_readers.Remove(reader) && _readers.Count == 0)
                Stop();
        }
    }

    /// <summary>Reads a page for a stream that is behind the events in memory.</summary>
    /// <exception cref="StoreUnavailableException">The log cannot be read.</exception>
    internal async Task<EventPage> ReadPageAsync(EventPosition after, CancellationToken cancellationToken)
    {
        await _pages.WaitAsync(cancellationToken);
        try
        {
            return await log.ReadAsync(after, PageSize, cancellationToken);
        }
        finally
        {
            _pages.Release();
        }
    }

    private void Stop()
    {
        _reading?.Cancel();
        _reading?.Dispose();
        (_reading, _buffer) = (null, null);
    }

    private async Task ReadAsync(TailBuffer buffer, CancellationToken stopping)
    {
        var loop = new BackgroundLoop(Interval, time, OnFailure);
        try
        {
            await loop.RunAsync(token => ReadNewAsync(buffer, token), stopping);
        }
        catch (OperationCanceledException)
        {
            // The last stream has ended.
        }
    }

    private async Task ReadNewAsync(TailBuffer buffer, CancellationToken stopping)
    {
        EventPage page;
        do
        {
            page = await log.ReadAsync(buffer.End, PageSize, stopping);
            buffer.Add(page);
        }
        while (page.Events.Count == PageSize);
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst && exception is StoreUnavailableException)
            LogUnavailable(exception.Message);
        else if (isFirst)
            LogFailed(exception);
    }

    [LoggerMessage(
        1000,
        LogLevel.Warning,
        "The events cannot be read; live streams wait, and continue without a gap: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(1001, LogLevel.Error, "The events could not be read; live streams wait.")]
    private partial void LogFailed(Exception exception);
}

/// <summary>Reads the log for one stream.</summary>
internal sealed class TailReader(EventTail tail, TailBuffer buffer, EventPosition position) : IDisposable
{
    private readonly Lock _lock = new();
    private EventPosition _position = position;

    internal TailBuffer Buffer => buffer;

    /// <summary>The position that the stream has reached.</summary>
    public EventPosition Position
    {
        get
        {
            lock (_lock)
                return _position;
        }

        set
        {
            lock (_lock)
                _position = value;
        }
    }

    /// <summary>Reads events after <see cref="Position"/> from memory.</summary>
    public TailSlice Read(int limit) => buffer.ReadAfter(Position, limit);

    /// <summary>Reads events after <see cref="Position"/> that are no longer in memory.</summary>
    /// <inheritdoc cref="EventTail.ReadPageAsync"/>
    public Task<EventPage> ReadPageAsync(CancellationToken cancellationToken) =>
        tail.ReadPageAsync(Position, cancellationToken);

    public void Dispose() => tail.Leave(this);
}
