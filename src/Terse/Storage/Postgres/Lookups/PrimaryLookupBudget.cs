namespace Terse.Storage.Postgres;

/// <summary>
/// Limits how often a Terse server asks the primary about codes that a replica does not contain. Without the
/// limit, a flood of requests for invented codes would overload the primary. The budget is a token bucket.
/// Safe for use by any number of threads.
/// </summary>
/// <param name="perSecond">
/// The number of lookups that are allowed per second. After 2 seconds without lookups, twice as many are
/// allowed at once.
/// </param>
/// <param name="metrics">Counts the lookups that the budget allows and refuses.</param>
/// <param name="time">Measures the time since the last refill of the budget.</param>
internal sealed class PrimaryLookupBudget(int perSecond, LookupMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _tokens = perSecond * 2;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Takes one lookup from the budget. Returns false if the budget is used up.</summary>
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
