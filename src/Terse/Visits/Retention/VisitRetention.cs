using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Drops the single visits of days that are too long ago, at the start and then every few hours, so that the
/// loss of the database puts it off by no day. Any server may, and all do.
/// </summary>
internal sealed partial class VisitRetention(
    IVisitDays days,
    IOptions<RetentionOptions> options,
    TimeProvider time,
    ILogger<VisitRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromHours(4);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, time);
        do
        {
            await DropAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DropAsync(CancellationToken stoppingToken)
    {
        try
        {
            var dropped = await days.DropOldAsync(options.Value.Retention, stoppingToken);
            if (dropped > 0)
                LogDropped(dropped);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on with it.
        }
#pragma warning disable CA1031 // An exception would end the whole server.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotDropped(exception.Message, exception is StoreUnavailableException ? null : exception);
        }
    }

    [LoggerMessage(850, LogLevel.Information, "The single visits of {Count} days were dropped.")]
    private partial void LogDropped(int count);

    [LoggerMessage(851, LogLevel.Warning, "Old visits are not dropped yet; it is tried again: {Reason}")]
    private partial void LogNotDropped(string reason, Exception? exception);
}
