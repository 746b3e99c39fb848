namespace Terse.Horizon;

/// <summary>
/// What this process knows about one host; <see cref="HostRegistry"/> writes it. Safe for use by any number
/// of threads.
/// </summary>
/// <param name="name">The host's name.</param>
internal sealed class HostStatus(string name)
{
    private HostState _state = HostState.Unknown;
    private int _reads;
    private long _lastFailedReadAt = long.MinValue;

    public string Name => name;

    /// <summary>What the last probe returned.</summary>
    public HostState State
    {
        get => Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, value);
    }

    /// <summary>The number of reads that run on the host now.</summary>
    public int ReadsInFlight => Volatile.Read(ref _reads);

    /// <summary>
    /// The monotonic timestamp of the last read that failed; the smallest value before any failed.
    /// </summary>
    public long LastFailedReadAt
    {
        get => Volatile.Read(ref _lastFailedReadAt);
        set => Volatile.Write(ref _lastFailedReadAt, value);
    }

    public void BeginRead() => Interlocked.Increment(ref _reads);

    public void EndRead() => Interlocked.Decrement(ref _reads);
}
