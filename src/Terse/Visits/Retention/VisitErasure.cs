using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Deletes the visits of erased links in the background. All Terse servers try; the store lets one of them
/// work at a time. After a failure or a restart, the deletion continues where it ended.
/// </summary>
internal sealed partial class VisitErasure(
    IVisitEraser eraser, TimeProvider time, ILogger<VisitErasure> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The pause after each transaction, as a multiple of its duration, so that storing visits has most of
    /// the time.
    /// </summary>
    private const int PauseFactor = 4;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(
            token => BackgroundLoop.RepeatAsync(eraser.EraseAsync, PauseFactor, time, token), stoppingToken);

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message, exception is StoreUnavailableException ? null : exception);
    }

    [LoggerMessage(
        870,
        LogLevel.Warning,
        "The visits of erased links were not deleted; the server tries again every 5 s: {Reason}")]
    private partial void LogFailed(string reason, Exception? exception);
}
