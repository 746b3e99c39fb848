using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Drops the single visits of days that are too long ago, at the start and then every few hours, so that the
/// loss of the database puts it off by no day. Any server may, and all do.
/// </summary>
internal sealed partial class VisitRetention(
    IVisitPartitions days,
    IOptions<RetentionOptions> options,
    TimeProvider time,
    ILogger<VisitRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(4);

    /// <summary>Every failure is logged: the next run is hours away.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(Interval, time, (exception, _) =>
            LogNotDropped(exception.Message, exception is StoreUnavailableException ? null : exception));
        return loop.RunAsync(DropAsync, stoppingToken);
    }

    private async Task DropAsync(CancellationToken stoppingToken)
    {
        var dropped = await days.DropExpiredAsync(options.Value.Retention, stoppingToken);
        if (dropped > 0)
            LogDropped(dropped);
    }

    [LoggerMessage(850, LogLevel.Information, "The single visits of {Count} days were dropped.")]
    private partial void LogDropped(int count);

    [LoggerMessage(851, LogLevel.Warning, "Old visits are not dropped yet; it is tried again: {Reason}")]
    private partial void LogNotDropped(string reason, Exception? exception);
}
