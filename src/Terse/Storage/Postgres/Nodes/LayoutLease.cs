using Terse.Codes;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <summary>
/// The layouts of ids, read from the primary every 2 seconds and cached. Another server may begin a new
/// layout, under which a code has another creation time. So the cached layouts are valid only for a lease,
/// and no server mints with a new layout before every lease on the old layouts has ended.
/// </summary>
internal sealed class LayoutLease(
    INodeStore nodes, CodeStrategies strategies, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long the cached layouts are valid after they were read.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long servers wait before they mint with a layout that is not the database's first.
    /// </summary>
    public static readonly TimeSpan ActivationDelay = Duration * 1.5;

    private readonly CancellationTokenSource _stopping = new();
    private Cached _cached = new(0, new CodeHistory([], strategies.All), ReadAt: 0);
    private Task _reading = Task.CompletedTask;

    /// <summary>Reads the layouts, and then reads them again at each interval.</summary>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);

        // A failed reading needs no report: the lease ends, and then no answer is final because of it.
        _reading = new BackgroundLoop(Duration / 5, time, (_, _) => { })
            .WaitAndRunAsync(ReadAsync, _stopping.Token);
    }

    /// <summary>
    /// The latest instant at which a link with this code can have been created, by the cached layouts.
    /// </summary>
    public DateTimeOffset? NewestTimeOf(string code) => Volatile.Read(ref _cached).History.NewestTimeOf(code);

    /// <summary>
    /// The latest instant at which a link with this code can have been created, if the cached layouts prove
    /// it. Null when the lease has ended, when the snapshot has other layouts, or when no cached layout
    /// explains the code: a layout that is not cached might.
    /// </summary>
    /// <param name="code">The code.</param>
    /// <param name="layouts">The number of layouts in the snapshot of the lookup.</param>
    public DateTimeOffset? NewestTimeOf(string code, long layouts)
    {
        var cached = Volatile.Read(ref _cached);
        return layouts == cached.Count
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

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var readAt = time.GetTimestamp();
        var layouts = (await nodes.ReadLayoutsAsync(cancellationToken)).Layouts;
        Volatile.Write(ref _cached, new(layouts.Count, new CodeHistory(layouts, strategies.All), readAt));
    }

    private sealed record Cached(long Count, CodeHistory History, long ReadAt);
}
