using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Lets creations and changes wait while no primary is known, and repeats them when the primary was lost, so
/// that a planned switchover fails none of them. Safe for use by any number of threads.
/// </summary>
internal sealed class PrimaryWait(Cluster cluster, TimeProvider time)
{
    /// <summary>How long a request waits for a primary at most, over all its attempts.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How many requests wait at most; each further request fails at once. A waiting request needs some
    /// kilobytes of memory, and no connection to a host.
    /// </summary>
    public const int MaxWaiting = 1_000;

    private int _waiting;

    /// <param name="attempt">
    /// One attempt of the work, with its own time limit. Runs again only after a
    /// <see cref="StoreUnavailableException"/> whose primary was lost.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task<T> RunAsync<T>(
        Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        var confirmedSince = long.MinValue;
        while (true)
        {
            if (!cluster.Primary.IsKnownSince(confirmedSince))
                await WaitAsync(confirmedSince, Limit - time.GetElapsedTime(begin), cancellationToken);
            try
            {
                return await attempt(cancellationToken);
            }
            catch (StoreUnavailableException exception)
                when (exception.IsPrimaryLost && time.GetElapsedTime(begin) < Limit)
            {
                // A probe that began after this failure tells whether the primary is still there.
                confirmedSince = time.GetTimestamp();
            }
        }
    }

    private async Task WaitAsync(long confirmedSince, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting
                || !await cluster.Primary.WaitAsync(confirmedSince, limit, cancellationToken))
            {
                throw new StoreUnavailableException("No primary database host is available; retry shortly.");
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
