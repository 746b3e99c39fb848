using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Reads the file with blocked hosts (<see cref="BlockOptions.File"/>) at the start, and again whenever it
/// has changed. Twice a second, the watcher compares the size and the time of the last change, because
/// notifications of the operating system are missing on network file systems. If a changed file cannot be
/// used, the server logs the reason, and continues with the blocks of the last good file.
/// </summary>
internal sealed partial class BlockFileWatcher(
    IOptionsMonitor<BlockOptions> options, BlockMap map, TimeProvider time, ILogger<BlockFileWatcher> logger)
    : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.5);

    private string? _path;
    private Stamp? _read;
    private string? _failure;

    /// <summary>Reads the file before the server accepts requests.</summary>
    /// <exception cref="StartupException">The file cannot be used.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            ReadIfChanged();
            return Task.CompletedTask;
        }
        catch (Exception exception) when (BlockFile.IsFailure(exception))
        {
            throw new StartupException(BlockFile.Explain(options.CurrentValue.File!, exception), exception);
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Reads the file if it has changed. Logs once why a file cannot be used.</summary>
    public Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (ReadIfChanged() is { } count)
                LogRead(_path!, count);
            _failure = null;
        }
        catch (Exception exception) when (BlockFile.IsFailure(exception))
        {
            if (_failure != exception.Message)
                LogNotUsed(BlockFile.Explain(options.CurrentValue.File!, exception));
            _failure = exception.Message;
        }

        return Task.CompletedTask;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, static (_, _) => { }).WaitAndRunAsync(CheckAsync, stoppingToken);

    /// <returns>The number of blocked hosts; null if the file has not changed.</returns>
    /// <remarks>
    /// The stamp is taken before the file is read. If the file changes meanwhile, the next check reads it
    /// again.
    /// </remarks>
    private int? ReadIfChanged()
    {
        var path = options.CurrentValue.File;
        if (path is null)
        {
            if (_path is not null)
                map.SetOfFile(BlockTable.Empty);
            _path = null;
            return null;
        }

        BlockFile.AssertHasContent(path);
        var stamp = Stamp.Of(path);
        if (path == _path && stamp == _read)
            return null;
        var table = BlockFile.Read(path);
        map.SetOfFile(table);
        (_path, _read) = (path, stamp);
        return table.Count;
    }

    [LoggerMessage(351, LogLevel.Information, "The server blocks the {Count} hosts of {File}.")]
    private partial void LogRead(string file, int count);

    [LoggerMessage(
        352,
        LogLevel.Error,
        "{Failure} The server continues with the blocks of the last good file.")]
    private partial void LogNotUsed(string failure);

    /// <summary>Tells whether a file has changed, also a file to which a link leads.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Stamp(long Length, DateTime ChangedAt)
    {
        public static Stamp Of(string path)
        {
            using var file = File.OpenHandle(path, share: FileShare.ReadWrite);
            return new(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));
        }
    }
}
