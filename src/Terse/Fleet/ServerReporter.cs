using Terse.Hosting;
using Terse.Ids;

namespace Terse.Fleet;

/// <summary>
/// Tells of this server every few seconds, and takes it off the list when it stops. Whatever goes wrong with
/// that, it goes on serving.
/// </summary>
internal sealed partial class ServerReporter(
    IFleetStore store,
    ServerReport self,
    IdMint mint,
    TimeProvider time,
    ILogger<ServerReporter> logger) : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private DateTimeOffset? _since;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_since is null)
            return;
        await BackgroundLoop.TryAsync(
            _ => store.ForgetAsync(self with { Since = _since }, cancellationToken),
            exception => LogNotForgotten(exception.Message),
            CancellationToken.None);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(Between, time, (exception, isFirst) =>
        {
            if (isFirst)
                LogNotTold(exception.Message, exception is StoreUnavailableException ? null : exception);
        });
        return loop.RunAsync(_ => TellAsync(), stoppingToken);
    }

    /// <summary>It is not broken off by a stop, or its row might come after it was removed.</summary>
    private async Task TellAsync()
    {
        var report = self with { Node = mint.Node, Since = _since };
        _since = await store.TellAsync(report, CancellationToken.None);
    }

    [LoggerMessage(
        700, LogLevel.Warning, "The server is not on the fleet's list; it tries again until it is: {Reason}")]
    private partial void LogNotTold(string reason, Exception? exception);

    [LoggerMessage(701, LogLevel.Warning, "The server stays on the fleet's list for a minute: {Reason}")]
    private partial void LogNotForgotten(string reason);
}
