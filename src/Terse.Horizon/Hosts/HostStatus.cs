namespace Terse.Horizon;

/// <summary>
/// What this process knows of one host, for the <see cref="HostRegistry"/>. Safe for use by any number of
/// threads.
/// </summary>
/// <param name="name">What the host is called.</param>
internal sealed class HostStatus(string name)
{
    private HostState _state = HostState.Unknown;
    private int _reads;
    private long _suspectSince = long.MinValue;

    public string Name => name;

    /// <summary>What the last look saw.</summary>
    public HostState State
    {
        get => Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, value);
    }

    /// <summary>Reads that are under way on it.</summary>
    public int ReadsInFlight => Volatile.Read(ref _reads);

    /// <summary>The monotonic timestamp of the last read that failed.</summary>
    public long SuspectSince
    {
        get => Volatile.Read(ref _suspectSince);
        set => Volatile.Write(ref _suspectSince, value);
    }

    public void BeginRead() => Interlocked.Increment(ref _reads);

    public void EndRead() => Interlocked.Decrement(ref _reads);
}
