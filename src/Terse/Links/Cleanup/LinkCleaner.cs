using Microsoft.Extensions.Options;
using Terse.Access;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Erases links that were deleted or have expired long ago, if the settings say so. All servers try; the
/// store gives each page of links to one of them. A link is erased as by a request, so all servers are
/// notified, and its code stays taken.
/// </summary>
internal sealed partial class LinkCleaner(
    ILinkCleanup cleanup,
    LinkChanger changer,
    IOptions<LinkOptions> options,
    TimeProvider time,
    ILogger<LinkCleaner> logger) : BackgroundService
{
    /// <summary>The time between two passes over all links.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>
    /// The pause after each page, as a multiple of the time for the page, so that the clean-up takes at most
    /// a fifth of the time of a connection, or of SQLite's writer.
    /// </summary>
    private const int PauseFactor = 4;

    /// <summary>Runs one pass over all links.</summary>
    /// <returns>The number of erased links.</returns>
    public async Task<int> CleanUpAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var times = new CleanupTimes(
            now - options.Value.EraseDeletedAfter, now - options.Value.EraseExpiredAfter);
        var erased = 0;
        while (true)
        {
            var begin = time.GetTimestamp();
            if (await cleanup.ReadPageAsync(times, cancellationToken) is not { } page)
                return erased;
            foreach (var name in page.Old)
            {
                var result = await changer.EraseAsync(
                    name, versions: null, times.Include, RequestInfo.Server, cancellationToken);
                if (result is ChangeLinkResult.Changed { At: not null })
                    erased++;
            }

            if (page.IsLast)
                return erased;
            await Task.Delay(time.GetElapsedTime(begin) * PauseFactor, time, cancellationToken);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value is { EraseDeletedAfter: null, EraseExpiredAfter: null }
            ? Task.CompletedTask
            : new BackgroundLoop(Interval, time, OnFailure).RunAsync(RunAsync, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        if (await CleanUpAsync(stoppingToken) is > 0 and var erased)
            LogErased(erased);
    }

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message, exception is StoreUnavailableException ? null : exception);
    }

    [LoggerMessage(
        320, LogLevel.Information, "Erased {Count} links that were deleted or have expired long ago.")]
    private partial void LogErased(int count);

    [LoggerMessage(
        321,
        LogLevel.Warning,
        "Deleted and expired links were not cleaned up; the server tries again in an hour: {Reason}")]
    private partial void LogFailed(string reason, Exception? exception);
}
