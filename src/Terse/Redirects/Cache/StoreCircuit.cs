namespace Terse.Redirects;

/// <summary>
/// Whether the store counts as lost for links that are too old: then they are good enough, and one request at
/// a time asks whether it is back, no more than one a second. All the others wait for nothing.
/// </summary>
internal sealed class StoreCircuit(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>How long one may ask before another does as well; longer than a lookup takes.</summary>
    private static readonly TimeSpan Try = TimeSpan.FromSeconds(5);

    /// <summary>Until when nobody asks, on the monotonic clock; 0 while it is not lost.</summary>
    private long _until;

    /// <summary>Whether it is known to be lost, and nobody has to ask yet.</summary>
    public bool IsKnownAt(long now) => now < Volatile.Read(ref _until);

    /// <summary>Whether to ask it: always while it is not lost, else one at a time.</summary>
    public bool TryBeAsker()
    {
        var until = Volatile.Read(ref _until);
        if (until == 0)
            return true;
        var now = time.GetTimestamp();
        return now >= until && Interlocked.CompareExchange(ref _until, After(now, Try), until) == until;
    }

    public void Begin() => Volatile.Write(ref _until, After(time.GetTimestamp(), Pause));

    public void End() => Volatile.Write(ref _until, 0);

    private long After(long now, TimeSpan wait) => now + (long)(wait.TotalSeconds * time.TimestampFrequency);
}
