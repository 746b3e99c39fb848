using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Indexes links and ranks them by visits in the background (<see cref="IListIndex"/>). It pauses after each
/// transaction, so that creations and beats go through; while there are many new links, their lists lag.
/// </summary>
internal sealed partial class ListIndexer(IListIndex index, TimeProvider time, ILogger<ListIndexer> logger)
    : BackgroundService
{
    /// <summary>How long a new link waits for the index, while there are few.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long after the end of a ranking the next one begins.</summary>
    private static readonly TimeSpan RankInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often a server tries to begin or to continue a ranking. A try ends at once while another
    /// transaction writes the tables of lists, so a ranking needs many tries while links are created.
    /// </summary>
    private static readonly TimeSpan RankRetryInterval = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The pause after each transaction, as a multiple of its duration. So the work takes at most a tenth of
    /// the time of a connection, or of SQLite's writer.
    /// </summary>
    private const int PauseFactor = 9;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        new BackgroundLoop(Interval, time, OnFailure).RunAsync(
            token => RepeatAsync(index.IndexAsync, token), stoppingToken),
        new BackgroundLoop(RankRetryInterval, time, OnFailure).RunAsync(
            token => RepeatAsync(rest => index.RankAsync(RankInterval, rest), token), stoppingToken));

    private Task RepeatAsync(Func<CancellationToken, Task<bool>> work, CancellationToken stoppingToken) =>
        BackgroundLoop.RepeatAsync(work, PauseFactor, time, stoppingToken);

    private void OnFailure(Exception exception, bool isFirst)
    {
        if (isFirst)
            LogFailed(exception.Message, exception is StoreUnavailableException ? null : exception);
    }

    [LoggerMessage(
        260,
        LogLevel.Warning,
        "New and changed links cannot be indexed, so lists lag behind; the server tries again: {Reason}")]
    private partial void LogFailed(string reason, Exception? exception);
}
