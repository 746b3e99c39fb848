namespace Terse.Redirects;

/// <summary>
/// The circuit breaker between the cache and the store. While the circuit is open, the store is lost and
/// stale links are served without a wait. Once a second one request makes a trial: it loads its link, and a
/// load that succeeds closes the circuit. Safe for use by any number of threads.
/// </summary>
internal sealed class StoreCircuit(TimeProvider time)
{
    /// <summary>The time from a failed load to the next trial.</summary>
    private static readonly TimeSpan TrialInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long a trial may run before the next trial starts; longer than a load takes.</summary>
    private static readonly TimeSpan TrialTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// When the next trial may start, on the monotonic clock; 0 while the circuit is closed.
    /// </summary>
    private long _nextTrialAt;

    /// <summary>Whether the store is lost and no trial is due.</summary>
    public bool IsOpenAt(long now) => now < Volatile.Read(ref _nextTrialAt);

    /// <summary>
    /// Whether the caller may load a link. While the circuit is closed, every caller may; while it is open,
    /// one caller at a time may.
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

    /// <summary>The store is lost.</summary>
    public void Open() => Volatile.Write(ref _nextTrialAt, After(time.GetTimestamp(), TrialInterval));

    /// <summary>The store is back, or was never lost.</summary>
    public void Close() => Volatile.Write(ref _nextTrialAt, 0);

    private long After(long now, TimeSpan wait) => now + (long)(wait.TotalSeconds * time.TimestampFrequency);
}
