using Terse.Domains;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Fills the cache after a restart. When the server shuts down, it writes the names of the hottest links to a
/// file. After the next start, the server loads these links before it is ready, so that balancers do not send
/// it visitors of links that it would have to load one by one. After <see cref="MaxDelay"/>, the server is
/// ready in any case, and loads the rest in the background. If the file cannot be written or read, the cache
/// starts empty and fills as links are followed.
/// </summary>
internal sealed partial class WarmStart(
    LinkCache cache,
    LinkLoader loader,
    HotCodesFile file,
    DomainMap domains,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<WarmStart> logger) : BackgroundService, IReadiness
{
    /// <summary>How long the loading delays the readiness at most.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The maximum number of links in the file. This many links take a few MB on disk and a few seconds to
    /// load.
    /// </summary>
    private const int MaxLinks = 100_000;

    /// <summary>
    /// How many links are loaded at the same time before the server is ready. The store has little else to
    /// do then.
    /// </summary>
    private const int MaxParallelLoadsAtFirst = 64;

    /// <summary>
    /// How many links are loaded at the same time once the server is ready. The number is small, so that the
    /// store can also serve the requests that arrive meanwhile.
    /// </summary>
    private const int MaxParallelLoads = 4;

    private const int MaxTries = 2;

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when this service no longer delays the readiness.</summary>
    public Task Ready => _ready.Task;

    public string? WhyNoRedirects =>
        _ready.Task.IsCompleted ? null : "The server loads the links that are followed most often.";

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (!file.Exists)
            _ready.TrySetResult();
        return base.StartAsync(cancellationToken);
    }

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
        try
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
            await started.Task.WaitAsync(stoppingToken);
            var names = await file.ReadAsync(stoppingToken);
            if (!await TryLoadAllAsync(names, stoppingToken))
            {
                LogReadyEarly(MaxDelay, names.Count);
                _ready.TrySetResult();
                await LoadAllAsync(names, MaxParallelLoads, stoppingToken);
            }

            LogWarm(names.Count);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotWarm(file.Path, exception.Message);
        }
        finally
        {
            _ready.TrySetResult();
        }
    }

    /// <summary>
    /// Loads the links within <see cref="MaxDelay"/>. Returns false if time was not enough.
    /// </summary>
    private async Task<bool> TryLoadAllAsync(
        IReadOnlyList<LinkName> names, CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(MaxDelay, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        try
        {
            // A load that is under way when the time is over must not delay the readiness further.
            await LoadAllAsync(names, MaxParallelLoadsAtFirst, linked.Token).WaitAsync(linked.Token);
            return true;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private Task LoadAllAsync(
        IReadOnlyList<LinkName> names, int parallel, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = parallel,
            CancellationToken = cancellationToken,
        };
        return Parallel.ForEachAsync(names, options, LoadAsync);
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
        503,
        LogLevel.Information,
        "The server is ready after {Delay}; the rest of the {Count} hottest links of the last run is loaded "
            + "in the background.")]
    private partial void LogReadyEarly(TimeSpan delay, int count);

    [LoggerMessage(
        501,
        LogLevel.Warning,
        "The links in {Path} were not loaded; the cache fills as links are followed: {Reason}")]
    private partial void LogNotWarm(string path, string reason);

    [LoggerMessage(
        502, LogLevel.Warning, "{Path} was not written; the cache is empty after the next start: {Reason}")]
    private partial void LogNotWritten(string path, string reason);
}
