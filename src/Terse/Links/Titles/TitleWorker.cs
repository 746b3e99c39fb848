using Terse.Hosting;

namespace Terse.Links;

/// <summary>Reads the titles of targets in the background, and stores them with their links.</summary>
internal sealed partial class TitleWorker(
    TitleRequests requests,
    TitleFetcher fetcher,
    LinkChanger changer,
    TitleMetrics metrics,
    ILogger<TitleWorker> logger) : BackgroundService
{
    /// <summary>
    /// How many targets are read at the same time. At worst, each takes <see cref="TitleFetcher.Timeout"/>,
    /// so at least two titles a second are read.
    /// </summary>
    private const int Workers = 4;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Enumerable.Range(0, Workers).Select(_ => RunAsync(stoppingToken)));

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var link in requests.Waiting.ReadAllAsync(stoppingToken))
            await BackgroundLoop.TryAsync(token => ReadAsync(link, token), OnFailure, stoppingToken);
    }

    private async Task ReadAsync(Link link, CancellationToken stoppingToken)
    {
        if (await fetcher.FetchAsync(link.Target, stoppingToken) is not { } title)
        {
            metrics.Count(TitleOutcome.Missing);
            return;
        }

        await changer.SetTitleAsync(link, title, stoppingToken);
        metrics.Count(TitleOutcome.Found);
    }

    private void OnFailure(Exception exception)
    {
        metrics.Count(TitleOutcome.Failed);
        var isExpected = exception is HttpRequestException or IOException or OperationCanceledException
            or StoreUnavailableException;
        if (isExpected)
            LogUnreachable(exception.Message);
        else
            LogFailed(exception);
    }

    [LoggerMessage(330, LogLevel.Debug, "The title of a target could not be read or stored: {Reason}")]
    private partial void LogUnreachable(string reason);

    [LoggerMessage(331, LogLevel.Error, "The title of a target could not be read or stored.")]
    private partial void LogFailed(Exception exception);
}
