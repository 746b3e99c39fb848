using Terse.Domains;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Fills the cache after a restart. When the server shuts down, it writes the names of the hottest links to a
/// file. After the next start, the server loads these links while it already serves requests. If the file
/// cannot be written or read, the cache starts empty and fills as links are followed.
/// </summary>
internal sealed partial class WarmStart(
    LinkCache cache,
    LinkLoader loader,
    HotCodesFile file,
    DomainMap domains,
    IHostApplicationLifetime lifetime,
    ILogger<WarmStart> logger) : BackgroundService
{
    /// <summary>
    /// The maximum number of links in the file. This many links take a few MB on disk and a few seconds to
    /// load.
    /// </summary>
    private const int MaxLinks = 100_000;

    /// <summary>
    /// How many links are loaded at the same time. The number is small, so that the store can also serve the
    /// requests that arrive meanwhile.
    /// </summary>
    private const int MaxParallelLoads = 4;

    private const int MaxTries = 2;

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

    /// <summary>
    /// Loads one link of the file into the cache. The domain is looked up again, because the operator may
    /// have removed the domain, or made it the default domain, since the file was written. The change feed
    /// reports once after the start that all links may have changed. The results of loads that run at this
    /// moment are not cached, so these links are loaded again.
    /// </summary>
    private async ValueTask LoadAsync(LinkName written, CancellationToken cancellationToken)
    {
        var name = written with { Domain = domains.DomainOfHost(written.Domain) };
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var probe = cache.Probe(name.Domain, name.Code);
            if (probe.IsFresh || await loader.FindAsync(name, probe, cancellationToken) is null)
                return;
        }
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
