using Terse.Hosting;
using Terse.Ids;

namespace Terse.Fleet;

/// <summary>
/// Keeps this server on the list of servers: reports every few seconds, and removes the server from the list
/// at shutdown. If a report fails, the failure is logged, and the server continues to answer requests.
/// </summary>
internal sealed partial class ServerReporter(
    IFleetStore store,
    ServerReport self,
    ServerIdentity identity,
    IdMint mint,
    TimeProvider time,
    ILogger<ServerReporter> logger,
    ConfigState? shared = null) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private DateTimeOffset? _since;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_since is null)
            return;
        await BackgroundLoop.TryAsync(
            _ => store.RemoveAsync(self with { Since = _since }, cancellationToken),
            exception => LogNotRemoved(exception.Message),
            CancellationToken.None);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(Interval, time, (exception, isFirst) =>
        {
            if (isFirst)
                LogNotReported(exception.Message, exception is StoreUnavailableException ? null : exception);
        });
        return loop.RunAsync(_ => ReportAsync(), stoppingToken);
    }

    /// <summary>
    /// Sends one report. A shutdown does not cancel the report. Otherwise, the database might store the
    /// cancelled report after the server was removed from the list, and the server would appear on the list
    /// again.
    /// </summary>
    private async Task ReportAsync()
    {
        var report = self with
        {
            Node = mint.Node,
            Configuration = identity.ConfigurationHash,
            SharedConfiguration = FleetConfiguration.Of(shared?.Status),
            Since = _since,
        };
        _since = await Traced.RunAsync("report", () => store.ReportAsync(report, CancellationToken.None));
    }

    [LoggerMessage(
        700,
        LogLevel.Warning,
        "The server cannot add itself to the list of servers; it tries again every few seconds: {Reason}")]
    private partial void LogNotReported(string reason, Exception? exception);

    [LoggerMessage(
        701,
        LogLevel.Warning,
        "The server cannot remove itself from the list of servers, which shows it for a minute: {Reason}")]
    private partial void LogNotRemoved(string reason);
}
