namespace Terse.Redirects;

/// <summary>
/// The circuit breaker between the cache and the store. The circuit opens when a load fails because the store
/// cannot be reached. While the circuit is open, the cache serves stale links without waiting for the store.
/// One second after a failed load, one request may try to load its link again (a trial). If the load
/// succeeds, the circuit closes. Safe for use by any number of threads.
/// </summary>
internal sealed class StoreCircuit(TimeProvider time)
{
    /// <summary>The time between a failed load and the next trial.</summary>
    private static readonly TimeSpan TrialInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The time after which a new trial may start although the last trial has not ended. This time is longer
    /// than a load usually takes, so that usually only one trial runs.
    /// </summary>
    private static readonly TimeSpan TrialTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The earliest time of the next trial, as a timestamp of the monotonic clock; 0 while the circuit is
    /// closed.
    /// </summary>
    private long _nextTrialAt;

    /// <summary>Whether the circuit is open and the next trial must not start yet.</summary>
    public bool IsOpenAt(long now) => now < Volatile.Read(ref _nextTrialAt);

    /// <summary>
    /// Returns whether the caller may load a link. While the circuit is closed, every caller may load a link.
    /// While the circuit is open, a caller must not load a link, except the first caller after the next trial
    /// is due.
    /// </summary>
    public bool TryStartTrial()
    {
        var nextTrialAt = Volatile.Read(ref _nextTrialAt);
        if (nextTrialAt == 0)
            return true;
        var now = time.GetTimestamp();
        return now >= nextTrialAt
            && Interlocked.CompareExchange(ref _nextTrialAt, After(now, TrialTimeout), nextTrialAt)
                == nextTrialAt;
    }

    /// <summary>Opens the circuit, because the store cannot be reached.</summary>
    public void Open() => Volatile.Write(ref _nextTrialAt, After(time.GetTimestamp(), TrialInterval));

    /// <summary>Closes the circuit, because the store can be reached.</summary>
    public void Close() => Volatile.Write(ref _nextTrialAt, 0);

    private long After(long now, TimeSpan wait) => now + (long)(wait.TotalSeconds * time.TimestampFrequency);
}
