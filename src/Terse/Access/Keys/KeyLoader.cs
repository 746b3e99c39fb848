using Terse.Hosting;

namespace Terse.Access;

/// <summary>
/// Keeps the keys of the database in memory, so that a request needs no read of the database. Three rules
/// make a key work on all servers at once after its creation, and end everywhere after its revocation:
/// <list type="bullet">
/// <item>A key that is not in memory is read from the primary before it is refused. Requests that wait
/// share one read, so unknown keys cause at most one read at a time.</item>
/// <item>A change of any key notifies all servers. Without a notification, each server reads the revision of
/// the keys once per <see cref="Interval"/>.</item>
/// <item>Keys in memory are valid for <see cref="LeaseDuration"/> after a read. Later, a server that reaches
/// no database host refuses all keys.</item>
/// </list>
/// </summary>
internal sealed partial class KeyLoader : StoredTableLoader
{
    /// <summary>How long keys are valid after they were read.</summary>
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(5);

    /// <summary>How long a request without a key waits for a primary, as creations do.</summary>
    private static readonly TimeSpan PrimaryWait = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(0.25);

    private readonly IKeyStore _store;
    private readonly ILogger<KeyLoader> _logger;
    private KeyTable _table = KeyTable.Unread;
    private long _readAt;
    private bool _isLatest;

    public KeyLoader(IKeyStore store, TimeProvider time, ILogger<KeyLoader> logger)
        : base(time)
    {
        (_store, _logger) = (store, logger);
        _readAt = time.GetTimestamp() - Ticks(LeaseDuration * 2);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A read of known keys reads only their revision. Commands write to a SQLite file beside a running
    /// server, and nothing notifies the server.
    /// </remarks>
    public override TimeSpan? Interval => TimeSpan.FromMilliseconds(_store.IsShared ? 1000 : 250);

    /// <summary>
    /// Finds the key of a text. The result is null only if this text was not a key before the call: another
    /// server may have created the key, or rotated its secret, a moment ago.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// No database host can be read, or the text is no key in memory and the primary cannot be read.
    /// </exception>
    public async ValueTask<ApiKey?> FindAsync(
        KeyText text, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var hash = text.Hash();
        var table = await ReadIfExpiredAsync(cancellationToken);
        if (table.Find(text.Id) is { } known && known.HasSecret(hash, now))
            return known;
        await ReadAsync(cancellationToken);
        if (!Volatile.Read(ref _isLatest))
        {
            throw new StoreUnavailableException(
                "The key is not known here, and the primary cannot be read; retry shortly.");
        }

        return Volatile.Read(ref _table).Find(text.Id) is { } key && key.HasSecret(hash, now) ? key : null;
    }

    /// <inheritdoc cref="StoredKeys.CursorSecret"/>
    public Guid CursorSecret => Volatile.Read(ref _table).CursorSecret;

    /// <summary>Finds a key in memory, and does not search the primary.</summary>
    /// <exception cref="StoreUnavailableException">No database host can be read.</exception>
    public async ValueTask<ApiKey?> FindLoadedAsync(string id, CancellationToken cancellationToken) =>
        (await ReadIfExpiredAsync(cancellationToken)).Find(id);

    /// <summary>
    /// Whether any key was ever created. While the primary is lost and no key is known, waits for a primary,
    /// because the first key may exist only there.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No database host, or no primary, can be read.</exception>
    public async ValueTask<bool> HasKeysAsync(CancellationToken cancellationToken)
    {
        var begin = Time.GetTimestamp();
        while (true)
        {
            if ((await ReadIfExpiredAsync(cancellationToken)).HasKeys)
                return true;
            if (Volatile.Read(ref _isLatest))
                return false;
            if (Time.GetElapsedTime(begin) >= PrimaryWait)
                break;
            await Task.Delay(RetryInterval, Time, cancellationToken);
            await ReadAsync(cancellationToken);
        }

        throw new StoreUnavailableException(
            "The primary cannot be read, and it may have a first key; retry shortly.");
    }

    /// <remarks>Almost every request finds the keys in memory, and needs no state machine to wait.</remarks>
    private ValueTask<KeyTable> ReadIfExpiredAsync(CancellationToken cancellationToken) =>
        Time.GetElapsedTime(Volatile.Read(ref _readAt)) < LeaseDuration
            ? new(Volatile.Read(ref _table))
            : ReadExpiredAsync(cancellationToken);

    private async ValueTask<KeyTable> ReadExpiredAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        return Volatile.Read(ref _table);
    }

    /// <summary>
    /// Reads the primary, or any host while the primary is lost. A host that lags behind the keys in memory
    /// changes nothing, so that no revoked key comes back.
    /// </summary>
    protected override async Task ReadOnceAsync(CancellationToken cancellationToken)
    {
        var readAt = Time.GetTimestamp();
        StoredKeys stored;
        var isLatest = true;
        try
        {
            stored = await _store.ReadAsync(_table.Revision, isLatest: true, cancellationToken);
        }
        catch (StoreUnavailableException) when (_store.IsShared)
        {
            readAt = Time.GetTimestamp();
            stored = await _store.ReadAsync(_table.Revision, isLatest: false, cancellationToken);
            isLatest = false;
        }

        if (stored.Keys is { } keys && (isLatest || stored.Version > _table.Version))
        {
            var table = new KeyTable(stored.Version, stored.Revision, keys)
            {
                CursorSecret = stored.CursorSecret,
            };
            Volatile.Write(ref _table, table);
        }

        Volatile.Write(ref _isLatest, isLatest);
        Volatile.Write(ref _readAt, readAt);
    }

    private long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * Time.TimestampFrequency);

    protected override void LogNotRead(Exception exception) => LogKeysNotRead(exception);

    [LoggerMessage(
        900,
        LogLevel.Warning,
        "The API keys could not be read. Requests with a key are answered with 503 until they can be read.")]
    private partial void LogKeysNotRead(Exception exception);
}
