namespace Terse.Storage.Postgres;

/// <summary>
/// Limits how often a server asks the primary for codes that no replica shows, so that a flood of invented
/// codes does not reach the primary. The budget is a token bucket. Safe for use by any number of threads.
/// </summary>
/// <param name="perSecond">Lookups per second; up to twice as many in a burst.</param>
/// <param name="metrics">Counts each lookup that is allowed or refused.</param>
/// <param name="time">The monotonic clock.</param>
internal sealed class PrimaryLookupBudget(int perSecond, LookupMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _tokens = perSecond * 2;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Takes one lookup from the budget; false when the budget is used up.</summary>
    public bool TryTake()
    {
        var isTaken = TryTakeToken();
        if (isTaken)
            metrics.CountAsked();
        else
            metrics.CountOverBudget();
        return isTaken;
    }

    private bool TryTakeToken()
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
