using Terse.Codes;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <summary>
/// Caches the layouts of ids, and reads them from the primary every 2 seconds. A layout says which bits of an
/// id contain the creation time. Another Terse server may add a new layout at any time, and the same code has
/// a different creation time in a different layout. So a server may use the cached layouts only for a limited
/// time, the lease. No server mints ids with a new layout until the lease of every cache that was read before
/// the layout was added has ended. So every server knows the layout before the first id with this layout
/// exists. The first opaque layout brings a secret. A server that runs without this secret reads no time from
/// codes.
/// </summary>
internal sealed class LayoutLease(
    INodeStore nodes, CodeStrategies strategies, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long the cached layouts may be used after they were read.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long all Terse servers wait before they mint ids with a new layout. By then, the lease of every
    /// server on the earlier layouts has ended. For the first layout of a database, no wait is needed.
    /// </summary>
    public static readonly TimeSpan ActivationDelay = Duration * 1.5;

    private readonly CancellationTokenSource _stopping = new();
    private Cached _cached = new(0, strategies.HistoryOf(StoredLayouts.Empty), ReadAt: 0);
    private Task _reading = Task.CompletedTask;

    /// <summary>
    /// Reads the layouts once, and starts a background loop that reads them every 2 seconds.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        StartReading();
    }

    /// <summary>
    /// Starts the background loop without reading the layouts first, for a start while the primary is lost.
    /// Until the first successful read, only the primary can prove that a link does not exist.
    /// </summary>
    /// <remarks>
    /// Errors of the loop are ignored. Without a successful read the lease ends. Lookups then ask the
    /// primary, because a replica can no longer prove that a link does not exist.
    /// </remarks>
    public void StartReading() => _reading = new BackgroundLoop(Duration / 5, time, (_, _) => { })
        .WaitAndRunAsync(ReadAsync, _stopping.Token);

    /// <summary>
    /// Returns the latest instant at which a link with this code can have been created, according to the
    /// cached layouts. The cache may be outdated. Returns null if the code contains no time that this server
    /// can read.
    /// </summary>
    public DateTimeOffset? NewestTimeOf(string code) => Volatile.Read(ref _cached).History.NewestTimeOf(code);

    /// <summary>
    /// Returns the latest instant at which a link with this code can have been created. Returns null if the
    /// cached layouts do not prove this instant: the lease has ended, the layouts in the snapshot are not the
    /// cached layouts, the code contains no time that this server can read, or no cached layout matches the
    /// code.
    /// </summary>
    /// <param name="code">The code of the link.</param>
    /// <param name="fingerprint">
    /// The <see cref="StoredLayouts.Fingerprint"/> in the snapshot that the lookup read.
    /// </param>
    public DateTimeOffset? NewestTimeOf(string code, long fingerprint)
    {
        var cached = Volatile.Read(ref _cached);
        return fingerprint == cached.Fingerprint
            && time.GetElapsedTime(cached.ReadAt) < Duration
            && cached.History.NewestTimeOf(code) is { } newest
            && newest > DateTimeOffset.MinValue
            ? newest
            : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>Reads the layouts from the primary.</summary>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var readAt = time.GetTimestamp();
        var stored = await nodes.ReadLayoutsAsync(cancellationToken);
        Volatile.Write(ref _cached, new(stored.Fingerprint, strategies.HistoryOf(stored), readAt));
    }

    private sealed record Cached(long Fingerprint, CodeHistory History, long ReadAt);
}
