using Terse.Hosting;

namespace Terse.Storage;

/// <summary>
/// A start that finds its database busy, or all nodes held, tries for a while before it gives up.
/// </summary>
internal static class StartRetry
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    /// <exception cref="StoreUnavailableException">It failed to the end.</exception>
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
            catch (StoreUnavailableException) when (time.GetElapsedTime(begin) < Patience)
            {
                await Task.Delay(Between, time, cancellationToken);
            }
        }
    }
}
