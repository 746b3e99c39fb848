using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// Tries to reserve a node every second while the server has no node. A creation of a link would reserve a
/// node too, but a server that is not ready receives no requests.
/// </summary>
internal sealed partial class NodeAcquirer(IdMint mint, TimeProvider time, ILogger<NodeAcquirer> logger)
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
            // Ignored: the loop retries in a second. The readiness check reports IdMint.WhyNotReady.
        }
    }

    [LoggerMessage(
        204, LogLevel.Error, "The server could not reserve a node; it retries each second.")]
    private partial void LogNoNode(Exception exception);
}
