using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Tells how old the blocks are that a server uses. A server that was suspended may lack the newest blocks
/// when it continues.
/// </summary>
internal interface IBlockFreshness
{
    /// <summary>
    /// A monotonic timestamp: this server uses all blocks that were stored before it, and no cached link
    /// leads to one of them.
    /// </summary>
    long ConfirmedAt { get; }

    /// <summary>
    /// Whether the server has tried to read the blocks a moment ago. False only after the server was
    /// suspended, and not while the primary is lost, so that a failover makes no cached link load again.
    /// </summary>
    bool IsChecked { get; }

    /// <summary>
    /// Waits for a read of the blocks if the last one is too long ago. Waits half a second at most, and never
    /// while the database cannot be reached.
    /// </summary>
    ValueTask ConfirmAsync();
}

/// <summary>
/// Keeps <see cref="BlockMap"/> equal to the blocks in the database: reads them before the server accepts
/// requests, then every <see cref="IBlockStore.CheckInterval"/> if their revision has changed, and at once
/// after a notification. While the database cannot be read, the server uses the blocks that it has.
/// </summary>
internal sealed partial class BlockLoader(
    IBlockStore store, BlockMap map, TimeProvider time, ILogger<BlockLoader> logger)
    : BackgroundService, IHostedLifecycleService, IBlockFreshness
{
    /// <summary>
    /// The age of the last check from which a server reads the blocks before it loads a link. Less than a
    /// second passes between two checks of a server that was not suspended.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(3);

    /// <summary>More than the time limit of a read and the pause after it.</summary>
    private static readonly TimeSpan CheckedFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(0.5);

    private readonly JoinedRun _reading = new();
    private Guid? _revision;

    private long _confirmedAt = time.GetTimestamp();

    /// <summary>When the last read began that has succeeded, or when the last read failed.</summary>
    private long _checkedAt = time.GetTimestamp();

    /// <inheritdoc/>
    public long ConfirmedAt => Volatile.Read(ref _confirmedAt);

    /// <inheritdoc/>
    public bool IsChecked => time.GetElapsedTime(Volatile.Read(ref _checkedAt)) < CheckedFor;

    /// <summary>Reads the blocks before any other service of the server starts.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (await BackgroundLoop.TryAsync(ReadAsync, LogNotRead, cancellationToken))
            return;
        await BackgroundLoop.TryAsync(
            async token =>
            {
                Publish(await store.ReadAsync(known: null, isLatest: false, token));
                _revision = null; // A replica may lack the newest blocks, so the primary is read again.
            },
            LogNotRead,
            cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken) => await _reading.StopAsync();

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Reads the blocks in the background, because a server has changed them.</summary>
    public void OnChanged() => _ = BackgroundLoop.TryAsync(ReadAsync, LogNotRead, _reading.Stopping);

    /// <summary>
    /// Reads the blocks from the primary. When the returned task has completed, this server refuses all
    /// blocks that were stored before the call.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    public Task ReadAsync(CancellationToken cancellationToken) =>
        _reading.RunAsync(ReadOnceAsync, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ConfirmAsync() =>
        time.GetElapsedTime(Volatile.Read(ref _checkedAt)) < MaxAge ? default : new(WaitForReadAsync());

    public override void Dispose()
    {
        _reading.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loop = new BackgroundLoop(store.CheckInterval, time, (exception, isFirst) =>
        {
            if (isFirst && !_reading.Stopping.IsCancellationRequested)
                LogNotRead(exception);
        });
        return loop.WaitAndRunAsync(ReadAsync, stoppingToken);
    }

    private async Task WaitForReadAsync()
    {
        try
        {
            await ReadAsync(_reading.Stopping).WaitAsync(MaxWait, time);
        }
        catch (Exception exception) when (
            exception is StoreUnavailableException or TimeoutException or OperationCanceledException)
        {
            // The link is served with the blocks that this server has, rather than not at all.
        }
    }

    private async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        try
        {
            Publish(await store.ReadAsync(_revision, isLatest: true, cancellationToken));
            Volatile.Write(ref _confirmedAt, begin);
            Volatile.Write(ref _checkedAt, begin);
        }
        catch
        {
            Volatile.Write(ref _checkedAt, time.GetTimestamp());
            throw;
        }
    }

    private void Publish(StoredBlocks stored)
    {
        if (stored.Hosts is { } hosts)
            map.SetStored(new BlockTable(hosts));
        _revision = stored.Revision;
    }

    private void LogNotRead(Exception exception) => LogNotRead(exception.Message);

    [LoggerMessage(
        350,
        LogLevel.Warning,
        "The blocks cannot be read from the database; the server continues with the blocks that it has: "
        + "{Reason}")]
    private partial void LogNotRead(string reason);
}
