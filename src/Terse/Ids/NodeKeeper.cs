using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// Asks for a node again and again while there is none for this server. It would be asked for when ids are,
/// but a server that is not ready gets no requests.
/// </summary>
internal sealed partial class NodeKeeper(IdMint mint, TimeProvider time, ILogger<NodeKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(Interval, time, (exception, isFirst) =>
        {
            if (isFirst)
                LogNoNode(exception);
        });
        return loop.RunAsync(AcquireAsync, stoppingToken);
    }

    private async Task AcquireAsync(CancellationToken cancellationToken)
    {
        if (mint.WhyNotReady is null)
            return;
        try
        {
            await mint.StartAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The readiness check shows the reason: see IdMint.WhyNotReady.
        }
    }

    [LoggerMessage(
        204, LogLevel.Error, "No node was reserved; the server tries again each second.")]
    private partial void LogNoNode(Exception exception);
}
