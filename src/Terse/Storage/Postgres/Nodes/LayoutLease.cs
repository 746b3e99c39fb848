using Terse.Codes;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Storage.Postgres;

/// <summary>
/// The layouts of ids that this server knows of, read from the primary again and again. Another server may
/// have begun a new one, by which a code tells another time; so what is known counts for a lease only, and
/// nobody mints by a new layout before every lease that did not know of it has ended.
/// </summary>
internal sealed class LayoutLease(
    INodeStore keys, CodeStrategies strategies, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long what was read counts.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    /// <summary>How long after a layout was stored, the first one apart, it is minted by.</summary>
    public static readonly TimeSpan Notice = Lease * 1.5;

    private readonly CancellationTokenSource _stopping = new();
    private Known _known = new(0, new CodeHistory([], strategies.All), ReadAt: 0);
    private Task _reading = Task.CompletedTask;

    /// <summary>Reads the layouts that there are, and goes on reading them.</summary>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);

        // A failed reading needs no report: the lease ends, and then no answer is final because of it.
        _reading = new BackgroundLoop(Lease / 5, time, (_, _) => { })
            .WaitAndRunAsync(ReadAsync, _stopping.Token);
    }

    /// <summary>By what is known, when a link with this code can have been created at the latest.</summary>
    public DateTimeOffset? NewestTimeOf(string code) => Volatile.Read(ref _known).History.NewestTimeOf(code);

    /// <summary>
    /// The same, where it can be relied on; null where the lease has ended, a snapshot knows other layouts,
    /// or none that is known can have made the code: one that is not known might.
    /// </summary>
    /// <param name="code">The code.</param>
    /// <param name="layouts">How many layouts the snapshot knows in which the code was looked for.</param>
    public DateTimeOffset? NewestTimeOf(string code, long layouts)
    {
        var known = Volatile.Read(ref _known);
        return layouts == known.Count
            && time.GetElapsedTime(known.ReadAt) < Lease
            && known.History.NewestTimeOf(code) is { } newest
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
        var layouts = (await keys.ReadAsync(cancellationToken)).Layouts;
        Volatile.Write(ref _known, new(layouts.Count, new CodeHistory(layouts, strategies.All), readAt));
    }

    private sealed record Known(long Count, CodeHistory History, long ReadAt);
}
