using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Finds out for which transactions a migration waits. The session of the migration cannot ask while its
/// statement waits, and after the timeout it no longer waits. So a second session asks several times each
/// second while the migration runs.
/// </summary>
internal sealed class BlockingWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Cluster _cluster;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private volatile int _process;
    private volatile IReadOnlyList<BlockingTransaction> _last = [];

    public BlockingWatch(Cluster cluster, TimeProvider time)
    {
        _cluster = cluster;
        _running = new BackgroundLoop(Interval, time, (_, _) => { }).RunAsync(ReadAsync, _stopping.Token);
    }

    /// <summary>Sets the number of the process of the session that may wait.</summary>
    public void Watch(int process) => _process = process;

    /// <summary>
    /// Stops the watch. Returns the transactions for which the session waited when it was last seen waiting;
    /// the list is empty if the session was never seen waiting.
    /// </summary>
    public async Task<IReadOnlyList<BlockingTransaction>> StopAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _last;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (_process is not (> 0 and var process))
            return;
        var blocking = await _cluster.ReadAsync(
            ConnectionShare.Lookups, // The migration holds the only connection of ConnectionShare.Nodes.
            Freshness.Latest,
            process,
            BlockingTransaction.ReadAsync,
            cancellationToken);
        if (blocking.Count > 0)
            _last = blocking;
    }
}
