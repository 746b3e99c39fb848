using Terse.Domains;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Keeps the hottest links in the cache over a restart: when the server shuts down, it writes their names to
/// a file, and after the next start it loads the links again while it already serves requests. When the file
/// cannot be written or read, the server runs with an empty cache, which fills as links are followed.
/// </summary>
internal sealed partial class WarmStart(
    LinkCache cache,
    LinkLoader loader,
    HotCodesFile file,
    DomainMap domains,
    IHostApplicationLifetime lifetime,
    ILogger<WarmStart> logger) : BackgroundService
{
    /// <summary>The most links in the file: a few MB on disk, and seconds to load.</summary>
    private const int MaxLinks = 100_000;

    /// <summary>Loads at the same time; few, so that the store has room for the loads of requests.</summary>
    private const int MaxParallelLoads = 4;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var names = cache.FindHottest(MaxLinks);
        if (names.Count == 0)
            return;
        try
        {
            await file.WriteAsync(names, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(file.Path, exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        try
        {
            var names = await file.ReadAsync(stoppingToken);
            var options = new ParallelOptions
            {
                MaxDegreeOfParallelism = MaxParallelLoads,
                CancellationToken = stoppingToken,
            };
            await Parallel.ForEachAsync(names, options, LoadAsync);
            LogWarm(names.Count);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotWarm(file.Path, exception.Message);
        }
    }

    /// <summary>The domain may have become the default domain since, or may have been removed.</summary>
    private async ValueTask LoadAsync(LinkName written, CancellationToken cancellationToken)
    {
        var name = written with { Domain = domains.DomainOfHost(written.Domain) };
        await loader.FindAsync(name, cache.Probe(name.Domain, name.Code), cancellationToken);
    }

    [LoggerMessage(
        500, LogLevel.Information, "The cache contains the {Count} hottest links of the last run.")]
    private partial void LogWarm(int count);

    [LoggerMessage(
        501,
        LogLevel.Warning,
        "The links in {Path} were not loaded; the cache fills as links are followed: {Reason}")]
    private partial void LogNotWarm(string path, string reason);

    [LoggerMessage(
        502, LogLevel.Warning, "{Path} was not written; the cache is empty after the next start: {Reason}")]
    private partial void LogNotWritten(string path, string reason);
}
