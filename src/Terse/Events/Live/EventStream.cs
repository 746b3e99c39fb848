using Terse.Access;
using Terse.Hosting;

namespace Terse.Events;

/// <summary>Why a live stream ended.</summary>
internal enum StreamEnd
{
    /// <summary>The client closed it.</summary>
    Closed,

    /// <summary>The server drains.</summary>
    Drained,

    /// <summary>The client did not read what was sent.</summary>
    Slow,

    /// <summary>The key was revoked or has expired, or the keys cannot be read.</summary>
    KeyEnded,

    /// <summary>The next events were deleted before the stream could read them.</summary>
    Expired,
}

/// <summary>
/// Sends the events of the log to one client, in their order, each once. The client continues after any end
/// with the last id that it received, on any server: ids are positions in the log, and a stream only advances
/// over events that it has sent, or that its filter or its caller's scope leave out.
/// </summary>
/// <param name="reader">Reads the log after the position at which the stream begins.</param>
/// <param name="filter">Selects the events.</param>
/// <param name="caller">Who reads the stream.</param>
/// <param name="recheck">Finds the caller again; null if its key has ended.</param>
/// <param name="options">The settings.</param>
/// <param name="drain">Ends the stream.</param>
/// <param name="time">The clock.</param>
internal sealed class EventStream(
    TailReader reader,
    EventFilter filter,
    Caller caller,
    Func<CancellationToken, ValueTask<Caller?>> recheck,
    EventOptions options,
    Drain drain,
    TimeProvider time)
{
    /// <summary>How often a quiet stream sends its position. Proxies close quiet connections.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    /// <summary>How often the key is checked again.</summary>
    public static readonly TimeSpan KeyInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long the stream waits after a read that brought nothing, or failed.</summary>
    private static readonly TimeSpan PageInterval = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// How much earlier than after <see cref="EventOptions.Retention"/> a position counts as too old, because
    /// the clocks of the server and of the database differ.
    /// </summary>
    private static readonly TimeSpan RetentionMargin = TimeSpan.FromMinutes(5);

    private const int BatchSize = 200;

    /// <summary>The comment of a position.</summary>
    private const string Position = "position";

    /// <summary>The comment of the first position up to which all events until now were sent.</summary>
    public const string Live = "live";

    /// <summary>After which time clients connect again when a server drains: not all at once.</summary>
    private const int MinRetryMs = 500;
    private const int MaxRetryMs = 2_500;

    private Caller _caller = caller;
    private long _checkedAt = time.GetTimestamp();
    private bool _isLive;

    /// <summary>How many events were sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Whether events after a position may have been deleted.</summary>
    public static bool IsExpired(EventPosition position, EventOptions options, TimeProvider time) =>
        position.Time < time.GetUtcNow() - options.Retention + RetentionMargin;

    /// <summary>Sends events until the client closes the stream, or it must end.</summary>
    public async Task<StreamEnd> RunAsync(SseWriter writer, CancellationToken aborted)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(aborted, drain.Begun);
        try
        {
            if (!drain.HasBegun)
                writer.WritePosition(Position, reader.Position);
            while (!stopping.IsCancellationRequested)
            {
                if (await SendNextAsync(writer, aborted, stopping.Token) is { } end)
                    return end;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The end follows.
        }

        if (aborted.IsCancellationRequested)
            return StreamEnd.Closed;
#pragma warning disable CA5394 // It only spreads the clients.
        writer.WriteRetry(TimeSpan.FromMilliseconds(Random.Shared.Next(MinRetryMs, MaxRetryMs)));
#pragma warning restore CA5394
        return await FlushAsync(writer, aborted) ?? StreamEnd.Drained;
    }

    /// <returns>Why the stream must end; null if it continues.</returns>
    private async Task<StreamEnd?> SendNextAsync(
        SseWriter writer, CancellationToken aborted, CancellationToken stopping)
    {
        if (!await CheckKeyAsync(stopping))
            return StreamEnd.KeyEnded;
        var slice = await ReadAsync(stopping);
        if (slice is null)
            return StreamEnd.Expired;
        foreach (var live in slice.Events)
        {
            if (live.SeenBy(_caller) is not { } seen || !filter.Matches(seen.Stored))
                continue;
            writer.Write(seen.Message(options.Source));
            Sent++;
            if (!writer.IsFull)
                continue;
            if (await FlushAsync(writer, aborted) is { } full)
                return full;
            if (!await CheckKeyAsync(stopping))
                return StreamEnd.KeyEnded;
        }

        reader.Position = slice.End;
        if (!_isLive && slice.IsLive)
        {
            _isLive = true;
            writer.WritePosition(Live, slice.End);
        }

        if (time.GetElapsedTime(writer.WrittenAt) >= HeartbeatInterval)
            writer.WritePosition(Position, slice.End);
        if (!writer.IsEmpty && await FlushAsync(writer, aborted) is { } end)
            return end;
        if (slice.Events.Count == 0)
            await WaitAsync(slice, writer.WrittenAt, stopping);
        return null;
    }

    /// <summary>Reads from memory, or a page of the log.</summary>
    /// <returns>Null if events between the position and the page may have been deleted.</returns>
    private async Task<TailSlice?> ReadAsync(CancellationToken stopping)
    {
        var slice = reader.Read(BatchSize);
        if (!slice.IsBehind)
            return slice;
        try
        {
            var page = await reader.ReadPageAsync(stopping);

            // Checked after the read, because events could be deleted until then.
            return IsExpired(reader.Position, options, time)
                ? null
                : slice with
                {
                    Events = [.. page.Events.Select(stored => new LiveEvent(stored))],
                    End = page.End,
                };
        }
        catch (StoreUnavailableException)
        {
            return slice; // The stream tries again after a pause.
        }
    }

    private async Task<bool> CheckKeyAsync(CancellationToken stopping)
    {
        if (time.GetElapsedTime(_checkedAt) < KeyInterval)
            return true;
        _checkedAt = time.GetTimestamp();
        try
        {
            if (await recheck(stopping) is not { } found)
                return false;
            _caller = found;
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Waits for events, or until the stream has something else to do.</summary>
    private async Task WaitAsync(TailSlice slice, long writtenAt, CancellationToken stopping)
    {
        var wait = HeartbeatInterval - time.GetElapsedTime(writtenAt);
        var untilCheck = KeyInterval - time.GetElapsedTime(_checkedAt);
        if (untilCheck < wait)
            wait = untilCheck;
        if (slice.IsBehind && PageInterval < wait)
            wait = PageInterval;
        if (wait <= TimeSpan.Zero)
            return;
        using var woken = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var delay = Task.Delay(wait, time, woken.Token);
        await Task.WhenAny(slice.IsBehind ? delay : slice.Changed, delay);
        await woken.CancelAsync(); // Ends the timer.
    }

    private static async Task<StreamEnd?> FlushAsync(SseWriter writer, CancellationToken aborted) =>
        await writer.FlushAsync(aborted) ? null
        : aborted.IsCancellationRequested ? StreamEnd.Closed
        : StreamEnd.Slow;
}
