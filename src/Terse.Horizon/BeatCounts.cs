namespace Terse.Horizon;

/// <summary>
/// Counts the tries of this process to move the horizon forward. Every server tries several times per beat
/// interval; a try succeeds if a beat is due and the lock is free. Safe for use by any number of threads.
/// </summary>
public sealed class BeatCounts
{
    private long _won;
    private long _idle;
    private long _failed;

    /// <summary>How many beats this process has run; all processes run about four a second.</summary>
    public long Won => Volatile.Read(ref _won);

    /// <summary>
    /// How many tries did nothing, because another process had just run the beat, or writes held the lock.
    /// </summary>
    public long Idle => Volatile.Read(ref _idle);

    /// <summary>How many tries failed, because the primary did not answer or reported an error.</summary>
    public long Failed => Volatile.Read(ref _failed);

    internal void Add(bool isWon) => Interlocked.Increment(ref (isWon ? ref _won : ref _idle));

    internal void AddFailed() => Interlocked.Increment(ref _failed);
}
