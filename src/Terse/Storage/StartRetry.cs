using Terse.Hosting;

namespace Terse.Storage;

/// <summary>
/// Retries a step of a Terse server's start while the database cannot be used or all nodes are reserved.
/// </summary>
internal static class StartRetry
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs a step again after each failure until the step succeeds, for 45 s at most.</summary>
    /// <exception cref="StoreUnavailableException">The last attempt failed too.</exception>
    public static async Task RunAsync(
        Func<CancellationToken, Task> start, TimeProvider time, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            try
            {
                await start(cancellationToken);
                return;
            }
            catch (StoreUnavailableException) when (time.GetElapsedTime(begin) < Timeout)
            {
                await Task.Delay(Interval, time, cancellationToken);
            }
        }
    }
}
