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
    /// Waits for a read of the blocks if the last one is too long ago. Waits no longer than one read may
    /// take, and never while the database cannot be reached.
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
    : StoredTableLoader(time), IBlockFreshness
{
    /// <summary>
    /// The age of the last check from which a server reads the blocks before it loads a link. Less time
    /// passes between two checks of a server that was not suspended, also if reads reach their time limit.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(4);

    /// <summary>The time limit of a read.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(3);

    /// <summary>More than the time limit of a read and the pause after it.</summary>
    private static readonly TimeSpan CheckedFor = TimeSpan.FromSeconds(5);

    private Guid? _revision;

    private long _confirmedAt = time.GetTimestamp();

    /// <summary>
    /// When the last read began that has succeeded, or when the last read failed. A read that was cut off by
    /// a suspension of the server fails too, but says nothing about the database, so it does not count.
    /// </summary>
    private long _checkedAt = time.GetTimestamp();

    /// <inheritdoc/>
    public override TimeSpan? Interval => store.CheckInterval;

    /// <inheritdoc/>
    public long ConfirmedAt => Volatile.Read(ref _confirmedAt);

    /// <inheritdoc/>
    public bool IsChecked => Time.GetElapsedTime(Volatile.Read(ref _checkedAt)) < CheckedFor;

    /// <inheritdoc/>
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (await TryReadAsync(cancellationToken))
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

    /// <inheritdoc/>
    public ValueTask ConfirmAsync() =>
        Time.GetElapsedTime(Volatile.Read(ref _checkedAt)) < MaxAge ? default : new(WaitForReadAsync());

    private async Task WaitForReadAsync()
    {
        try
        {
            await ReadAsync(Stopping).WaitAsync(MaxWait, Time);
        }
        catch (Exception exception) when (
            exception is StoreUnavailableException or TimeoutException or OperationCanceledException)
        {
            // The link is served with the blocks that this server has, rather than not at all.
        }
    }

    /// <summary>
    /// Reads the blocks from the primary. When the returned task has completed, this server refuses all
    /// blocks that were stored before the call.
    /// </summary>
    protected override async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        var begin = Time.GetTimestamp();
        try
        {
            Publish(await store.ReadAsync(_revision, isLatest: true, cancellationToken));
            Volatile.Write(ref _confirmedAt, begin);
            Volatile.Write(ref _checkedAt, begin);
        }
        catch
        {
            var now = Time.GetTimestamp();
            if (Time.GetElapsedTime(begin, now) < CheckedFor)
                Volatile.Write(ref _checkedAt, now);
            throw;
        }
    }

    private void Publish(StoredBlocks stored)
    {
        if (stored.Hosts is { } hosts)
            map.SetStored(new BlockTable(hosts));
        _revision = stored.Revision;
    }

    protected override void LogNotRead(Exception exception) => LogNotRead(exception.Message);

    [LoggerMessage(
        350,
        LogLevel.Warning,
        "The blocks cannot be read from the database; the server continues with the blocks that it has: "
        + "{Reason}")]
    private partial void LogNotRead(string reason);
}
