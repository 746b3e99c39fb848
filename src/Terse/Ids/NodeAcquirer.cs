using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// Tries to reserve a node every second while the server has no node. A creation of a link would reserve a
/// node too, but a load balancer sends no creations to a server that is not ready for them.
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
                LogNoNode(exception.Message, exception is StoreUnavailableException ? null : exception);
        });
        return loop.RunAsync(AcquireAsync, stoppingToken);
    }

    private Task AcquireAsync(CancellationToken cancellationToken) =>
        mint.WhyNoCreations is null ? Task.CompletedTask : mint.StartAsync(cancellationToken);

    [LoggerMessage(
        204,
        LogLevel.Warning,
        "The server redirects, but creates no links: it has no node, and retries each second: {Reason}")]
    private partial void LogNoNode(string reason, Exception? exception);
}
