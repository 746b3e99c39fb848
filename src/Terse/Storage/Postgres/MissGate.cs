using System.Collections.Concurrent;

namespace Terse.Storage.Postgres;

/// <summary>
/// Keeps a flood of codes that no replica knows off the primary: one question a code at a time, and so many
/// questions a second (a token bucket). Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// Who comes while a question is under way may know of a link that is younger than that question: "not found"
/// is an answer to him only if it was asked after he came.
/// </remarks>
/// <param name="perSecond">Questions a second; twice as many at once.</param>
/// <param name="isFound">Whether an answer holds for those as well who came after the question.</param>
/// <param name="metrics">Counts each question, by what becomes of it.</param>
/// <param name="time">The monotonic clock.</param>
internal sealed class MissGate<T>(
    int perSecond, Func<T, bool> isFound, LookupMetrics metrics, TimeProvider time)
    where T : class
{
    private readonly ConcurrentDictionary<(string Domain, string Code), Lazy<Task<T?>>> _asking = new();
    private readonly Lock _lock = new();
    private double _tokens = perSecond * 2;
    private long _filledAt = time.GetTimestamp();

    /// <summary>Asks, or shares the answer of who asks already; null when the budget is spent.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="ask">Asks; shared by all who wait, so none of them can cancel it.</param>
    public async Task<T?> AskAsync(
        (string Domain, string Code) key, Func<(string Domain, string Code), Task<T>> ask)
    {
        if (_asking.TryGetValue(key, out var before)
            && await EndOf(before) is { } answer
            && isFound(answer))
        {
            metrics.CountShared();
            return answer;
        }

        Lazy<Task<T?>>? mine = null;
        mine = new Lazy<Task<T?>>(() => FlyAsync(key, ask, mine!));
        var flight = _asking.GetOrAdd(key, mine);
        if (flight != mine)
            metrics.CountShared();
        return await EndOf(flight);
    }

    /// <summary>
    /// A task for each who waits, so that all go on where the flight ends, one after the other: of several
    /// awaits of one task the runtime sends all but the first to the pool.
    /// </summary>
    private static Task<T?> EndOf(Lazy<Task<T?>> flight) =>
        flight.Value.ContinueWith(
            static ended => ended,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default).Unwrap();

    private async Task<T?> FlyAsync(
        (string Domain, string Code) key,
        Func<(string Domain, string Code), Task<T>> ask,
        Lazy<Task<T?>> flight)
    {
        try
        {
            if (TryTake())
            {
                metrics.CountAsked();
                return await ask(key);
            }

            metrics.CountOverBudget();
            return null;
        }
        finally
        {
            _asking.TryRemove(new(key, flight));
        }
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
