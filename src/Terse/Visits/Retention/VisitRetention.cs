using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Drops expired single visits when the server starts and then every four hours. All Terse servers do this. A
/// server finds nothing to drop if a different server has already dropped the expired visits.
/// </summary>
internal sealed partial class VisitRetention(
    IVisitPartitions partitions,
    IOptions<RetentionOptions> options,
    TimeProvider time,
    ILogger<VisitRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(4);

    /// <summary>
    /// Logs every failure, and not only the first of a series, because the next attempt is four hours away.
    /// </summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(Interval, time, (exception, _) =>
            LogNotDropped(exception.Message, exception is StoreUnavailableException ? null : exception));
        return loop.RunAsync(DropAsync, stoppingToken);
    }

    private async Task DropAsync(CancellationToken stoppingToken)
    {
        var dropped = await partitions.DropExpiredAsync(options.Value.Retention, stoppingToken);
        if (dropped > 0)
            LogDropped(dropped);
    }

    [LoggerMessage(850, LogLevel.Information, "Dropped the expired single visits of {Count} days.")]
    private partial void LogDropped(int count);

    [LoggerMessage(
        851,
        LogLevel.Warning,
        "Expired visits were not dropped; the server tries again in 4 hours: {Reason}")]
    private partial void LogNotDropped(string reason, Exception? exception);
}
