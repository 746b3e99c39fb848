using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Presents a PostgreSQL primary and its replicas as one database. Reads go to a replica that is fresh
/// enough, and writes go to the primary. Probes in the background detect the role and the lag of each host.
/// </summary>
/// <remarks>
/// When a replica has received a horizon, it also has every row that was written at or before this horizon
/// (<see cref="HorizonSchema"/>). Therefore wrong clocks on this machine or on the replicas do no harm. Safe
/// for use by any number of threads.
/// </remarks>
public sealed class Cluster : IAsyncDisposable
{
    /// <summary>
    /// The name of the <see cref="System.Diagnostics.ActivitySource"/> of this library. It has a span for
    /// each try to run a beat, several per second, so a program should record only a share of them.
    /// </summary>
    public const string SpanSource = "Terse.Horizon";

    /// <summary>The name of the span of a beat.</summary>
    public const string BeatSpan = "beat";

    private readonly DatabaseHost[] _hosts;
    private readonly HostRegistry _registry;
    private readonly HostMonitor _monitor;
    private readonly TransactionRunner _transactions;

    /// <summary>
    /// Creates a cluster. The constructor opens no connection; call <see cref="StartAsync"/> next.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The list of hosts is empty, or a connection string is invalid.
    /// </exception>
    public Cluster(ClusterOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Hosts.Count == 0)
            throw new ArgumentException("A cluster needs at least one host.", nameof(options));
        _hosts = [.. options.Hosts.Select(host => new DatabaseHost(host, options))];
        _registry = new HostRegistry([.. _hosts.Select(host => host.Status)], options, time, Random.Shared);
        Primary = new ClusterPrimary(_registry);
        _monitor = new HostMonitor(_hosts, _registry, options, time);
        Fences = new FencedReads(_hosts, _registry);
        _transactions = new TransactionRunner(_hosts, _registry);
    }

    /// <summary>The hosts, in the order of <see cref="ClusterOptions.Hosts"/>.</summary>
    public IReadOnlyList<DatabaseHost> Hosts => _hosts;

    /// <summary>What this process knows about the primary.</summary>
    public ClusterPrimary Primary { get; }

    /// <summary>How often this process tried to move the horizon forward.</summary>
    public BeatCounts Beats => _monitor.Beats;

    /// <summary>Reads on replicas that have replayed a given position of the primary's log.</summary>
    public FencedReads Fences { get; }

    /// <summary>
    /// Whether at least one host can answer reads, according to the last probes. A host counts as unreachable
    /// only after <see cref="ClusterOptions.FailedProbes"/> failed probes in a row. A host that does not show
    /// data of the current primary cannot answer reads.
    /// </summary>
    public bool HasReadableHost => _registry.HasReadableHost;

    /// <summary>
    /// Probes the hosts until the primary is found, all hosts refuse the connection, or
    /// <see cref="ClusterOptions.StartTimeout"/> has passed. After that, the cluster probes its hosts and
    /// moves the horizon forward in the background, until the cluster is disposed.
    /// </summary>
    public Task StartAsync() => _monitor.StartAsync();

    /// <summary>
    /// Probes the hosts until the primary is found, all hosts refuse the connection, or
    /// <see cref="ClusterOptions.StartTimeout"/> has passed. Starts nothing in the background. Use this
    /// method instead of <see cref="StartAsync"/> in a program that ends after a few statements.
    /// </summary>
    public Task FindPrimaryAsync() => _monitor.FindPrimaryAsync();

    /// <summary>
    /// Picks a host for a read. The caller opens a connection with <see cref="OpenAsync"/>, executes its
    /// statements, and disposes the read. After an error that <see cref="HostRead.IsLost"/> recognizes, the
    /// caller may call <see cref="HostRead.Move"/> and try again.
    /// </summary>
    /// <remarks>
    /// <see cref="ReadAsync"/> does these steps itself and is easier to use. This method is for hot paths
    /// that avoid the cost of a callback. The read never runs in the transaction of a surrounding write.
    /// </remarks>
    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    public HostRead PickHost(Freshness freshness) => new(_registry, freshness);

    /// <summary>
    /// Opens a read-only connection to the host that <see cref="PickHost"/> picked. The caller disposes the
    /// connection.
    /// </summary>
    /// <remarks>
    /// The connection counts against <see cref="ConnectionShare.Lookups"/> until the read moves or ends.
    /// </remarks>
    public async ValueTask<NpgsqlConnection> OpenAsync(HostRead read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        return await _hosts[read.Host].OpenLookupAsync(read, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs a read on a host that is fresh enough. A read that is started inside a write runs on the primary,
    /// in the transaction of that write.
    /// </summary>
    /// <remarks>
    /// When the host or the connection to it fails, the read runs once more on a different host. So
    /// <paramref name="work"/> may run twice.
    /// </remarks>
    /// <param name="share">The kind of work, which has connections of its own.</param>
    /// <param name="freshness">How recent the data of the host must be.</param>
    /// <param name="argument">
    /// An argument for the <paramref name="work"/> delegate, so that the delegate can be static and captures
    /// nothing.
    /// </param>
    /// <param name="work">
    /// Executes the statements. The delegate must not use the transaction after its task has completed.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    /// <exception cref="TimeoutException">
    /// The read has the share <see cref="ConnectionShare.Reports"/> and took longer than
    /// <see cref="ClusterOptions.ReportTimeout"/>. The read does not move to a different host.
    /// </exception>
    public Task<TResult> ReadAsync<TArgument, TResult>(
        ConnectionShare share,
        Freshness freshness,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return _transactions.ReadAsync(share, freshness, argument, work, cancellationToken);
    }

    /// <summary>
    /// Runs a write in a transaction on the primary, and commits the transaction. A write that is started
    /// inside an outer write runs in the transaction of the outer write. The outer write commits both.
    /// </summary>
    /// <param name="share">The kind of work, which has connections of its own.</param>
    /// <param name="argument">
    /// An argument for the <paramref name="work"/> delegate, so that the delegate can be static and captures
    /// nothing.
    /// </param>
    /// <param name="work">
    /// Executes the statements. When the delegate throws, the transaction is rolled back.
    /// </param>
    /// <param name="cancellationToken">Cancels the write; has no effect once the commit has begun.</param>
    /// <exception cref="HostUnavailableException">
    /// No primary can be reached, or the connection was lost. In the second case, the write may or may not
    /// have been committed.
    /// </exception>
    /// <exception cref="InvalidOperationException">The method is called inside a read.</exception>
    public Task<TResult> WriteAsync<TArgument, TResult>(
        ConnectionShare share,
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return _transactions.WriteAsync(share, argument, work, isStatement: false, cancellationToken);
    }

    /// <summary>
    /// Runs a write that consists of one statement, without an explicit transaction. PostgreSQL commits the
    /// statement by itself, which saves the round trip of the commit. Through a pooler, the statement runs in
    /// a transaction, because its limits are set for a transaction. A statement that is started inside an
    /// outer write runs in the transaction of the outer write.
    /// </summary>
    /// <param name="share">The kind of work, which has connections of its own.</param>
    /// <param name="argument">
    /// An argument for the <paramref name="work"/> delegate, so that the delegate can be static and captures
    /// nothing.
    /// </param>
    /// <param name="work">Executes exactly one statement.</param>
    /// <param name="cancellationToken">
    /// Cancels the write. PostgreSQL may commit the statement nevertheless.
    /// </param>
    /// <exception cref="HostUnavailableException">
    /// No primary can be reached, or the connection was lost. In the second case, the write may or may not
    /// have been committed.
    /// </exception>
    /// <exception cref="InvalidOperationException">The method is called inside a read.</exception>
    public Task<TResult> WriteStatementAsync<TArgument, TResult>(
        ConnectionShare share,
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return _transactions.WriteAsync(share, argument, work, isStatement: true, cancellationToken);
    }

    /// <summary>
    /// Waits until a replica that receives ordinary reads has every row that was written at or before
    /// <paramref name="horizon"/>; or until a failover has made another host the primary, and this host has
    /// beaten, because the promoted replica may have been the only replica; or until the primary is lost.
    /// </summary>
    /// <param name="horizon">The time up to which the replica must be complete.</param>
    /// <param name="generation">
    /// The <see cref="ClusterPrimary.Generation"/> of the primary that could not answer; 0 if no answer came
    /// from the current primary. A primary of a later generation ends the wait.
    /// </param>
    /// <param name="limit">How long to wait at most.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// <see cref="HorizonWait.TimedOut"/> at once when <paramref name="horizon"/> is later than the newest
    /// known horizon of all hosts by more than twice the limit, because no replica is likely to receive that
    /// horizon in time.
    /// </returns>
    public Task<HorizonWait> WaitForHorizonAsync(
        DateTimeOffset horizon, int generation, TimeSpan limit, CancellationToken cancellationToken) =>
        _registry.WaitForHorizonAsync(horizon, generation, limit, cancellationToken);

    /// <summary>
    /// Opens a connection to the primary that does not come from a pool, for example for LISTEN. The caller
    /// disposes the connection. When <see cref="ClusterPrimary.Generation"/> increases later, the
    /// connection may lead to a host that is no longer the primary.
    /// </summary>
    /// <exception cref="HostUnavailableException">No primary can be reached.</exception>
    public async Task<NpgsqlConnection> OpenPrimaryAsync(CancellationToken cancellationToken)
    {
        var host = _hosts[_registry.RequireDirectPrimary()];
        try
        {
            return await host.Pools.Unpooled.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (HostErrors.IsUnavailable(exception))
        {
            throw HostUnavailableException.From(host.Name, exception);
        }
    }

    /// <summary>Stops the probes and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync().ConfigureAwait(false);
        foreach (var host in _hosts)
            await host.CloseAsync().ConfigureAwait(false);
    }
}
