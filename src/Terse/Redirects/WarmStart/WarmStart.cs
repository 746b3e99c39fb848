using Terse.Domains;

namespace Terse.Redirects;

/// <summary>
/// Keeps the codes that were followed most over a restart: a clean stop writes them down, and the next start
/// looks them up again, while it serves requests already. Whatever goes wrong with that, the server
/// goes on, and its cache fills as links are followed.
/// </summary>
internal sealed partial class WarmStart(
    LinkCache cache,
    HotCodesFile file,
    DomainMap domains,
    IHostApplicationLifetime lifetime,
    ILogger<WarmStart> logger) : BackgroundService
{
    /// <summary>Codes that are kept: a few MB on disk, and seconds to look up.</summary>
    private const int MaxCodes = 100_000;

    /// <summary>Lookups at once, so that those of requests come first.</summary>
    private const int AtOnce = 4;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var codes = cache.FindHottest(MaxCodes);
        if (codes.Count == 0)
            return;
        try
        {
            await file.WriteAsync(codes, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(file.Path, exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var whenStarted = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        try
        {
            var codes = await file.ReadAsync(stoppingToken);
            var options = new ParallelOptions
            {
                MaxDegreeOfParallelism = AtOnce,
                CancellationToken = stoppingToken,
            };
            await Parallel.ForEachAsync(codes, options, async (name, token) =>
                await cache.FindAsync(new(domains.DomainOfHost(name.Domain), name.Code), token));
            LogWarm(codes.Count);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotWarm(file.Path, exception.Message);
        }
    }

    [LoggerMessage(500, LogLevel.Information, "The {Count} links that were followed most are kept again.")]
    private partial void LogWarm(int count);

    [LoggerMessage(
        501, LogLevel.Warning, "The cache fills as links are followed, and not from {Path}: {Reason}")]
    private partial void LogNotWarm(string path, string reason);

    [LoggerMessage(502, LogLevel.Warning, "{Path} was not written; the next start does without: {Reason}")]
    private partial void LogNotWritten(string path, string reason);
}
