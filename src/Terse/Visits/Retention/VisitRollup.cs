using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// Rolls up old hourly counts in the background. All Terse servers try; the store lets one of them work at a
/// time.
/// </summary>
internal sealed partial class VisitRollup(
    IVisitRollup rollup, TimeProvider time, ILogger<VisitRollup> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The pause after each transaction, as a multiple of its duration. So the roll-up takes at most a fifth
    /// of the time of a connection, or of SQLite's writer.
    /// </summary>
    private const int PauseFactor = 4;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(
            token => BackgroundLoop.RepeatAsync(rollup.RollUpAsync, PauseFactor, time, token), stoppingToken);

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message, exception is StoreUnavailableException ? null : exception);
    }

    [LoggerMessage(
        860,
        LogLevel.Warning,
        "Hourly counts of visits were not added up to days; the server tries again in 10 minutes: {Reason}")]
    private partial void LogFailed(string reason, Exception? exception);
}
