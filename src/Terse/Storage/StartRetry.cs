using Terse.Hosting;

namespace Terse.Storage;

/// <summary>
/// Retries a step of the server's start while the database is busy or all nodes are held.
/// </summary>
internal static class StartRetry
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs a step until it succeeds, for 45 s at most.</summary>
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
