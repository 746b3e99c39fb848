namespace Terse.Storage.Postgres;

/// <summary>
/// Keeps a flood of codes that no replica knows off the primary: so many questions a second (a token bucket).
/// Safe for use by any number of threads.
/// </summary>
/// <param name="perSecond">Questions a second; twice as many at once.</param>
/// <param name="metrics">Counts each question, by what becomes of it.</param>
/// <param name="time">The monotonic clock.</param>
internal sealed class PrimaryLookupBudget(int perSecond, LookupMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _tokens = perSecond * 2;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Whether the primary may be asked; not when the budget is spent.</summary>
    public bool TryPass()
    {
        var passes = TryTake();
        if (passes)
            metrics.CountAsked();
        else
            metrics.CountOverBudget();
        return passes;
    }

    private bool TryTake()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _tokens = Math.Min(
                perSecond * 2, _tokens + (time.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond));
            _filledAt = now;
            if (_tokens < 1)
                return false;
            _tokens--;
            return true;
        }
    }
}
