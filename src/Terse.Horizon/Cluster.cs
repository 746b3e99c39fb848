using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// A PostgreSQL primary and its replicas as one database. Reads go to a replica that is fresh enough, writes
/// go to the primary. Probes in the background find out the role of each host and how far each replica has
/// come.
/// </summary>
/// <remarks>
/// Safe for use by any number of threads. The cluster trusts no clock of this machine or of a replica; a
/// replica's own horizon says how far it has come (<see cref="HorizonSchema"/>).
/// </remarks>
public sealed class Cluster : IAsyncDisposable
{
    private readonly DatabaseHost[] _hosts;
    private readonly HostRegistry _registry;
    private readonly HostMonitor _monitor;
    private readonly AsyncLocal<object?> _ambient = new();

    /// <summary>Creates a cluster; it connects to no host before <see cref="StartAsync"/>.</summary>
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
        _monitor = new HostMonitor(_hosts, _registry, options, time);
    }

    /// <summary>The hosts, in the order of the options.</summary>
    public IReadOnlyList<DatabaseHost> Hosts => _hosts;

    /// <summary>
    /// The latest timeline that any host ever showed, which is the present primary's. It never falls.
    /// </summary>
    public int Timeline => _registry.Timeline;

    /// <summary>
    /// Whether at least one host can be read from, by the last probes. A single failed probe changes nothing;
    /// see <see cref="ClusterOptions.FailedProbes"/>.
    /// </summary>
    public bool HasReadableHost => _registry.HasReadableHost;

    /// <summary>
    /// Probes the hosts until a primary is found, for <see cref="ClusterOptions.StartTimeout"/> at most, and
    /// then keeps probing until the cluster is disposed.
    /// </summary>
    public Task StartAsync() => _monitor.StartAsync();

    /// <summary>
    /// Probes the hosts until a primary is found, for <see cref="ClusterOptions.StartTimeout"/> at most, and
    /// then stops. For programs that end after a read or two. Nothing is written.
    /// </summary>
    public Task FindPrimaryAsync() => _monitor.FindPrimaryAsync();

    /// <summary>
    /// Picks a host for a read. The caller opens a connection with <see cref="OpenAsync"/>, runs its
    /// statements, and disposes the read. After an error that <see cref="HostRead.IsLost"/> recognizes, the
    /// caller may call <see cref="HostRead.Move"/> and try again.
    /// </summary>
    /// <remarks>
    /// <see cref="ReadAsync"/> does all of this, and joins a surrounding write. This method is for hot paths
    /// that need no callback; it never joins a write.
    /// </remarks>
    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    public HostRead PickHost(Freshness freshness) => new(_registry, freshness);

    /// <summary>
    /// Opens a read-only connection to the host that was picked for a read. The caller disposes the
    /// connection.
    /// </summary>
    public ValueTask<NpgsqlConnection> OpenAsync(HostRead read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        return _hosts[read.Host].Reads.OpenConnectionAsync(cancellationToken);
    }

    /// <summary>
    /// Runs a read on a host that is fresh enough. Inside a write, the read joins the write.
    /// </summary>
    /// <remarks>
    /// When the connection to the host is lost, the read runs again on another host, so <paramref
    /// name="work"/> may run twice.
    /// </remarks>
    /// <param name="freshness">How fresh the host must be.</param>
    /// <param name="argument">
    /// A value that is passed to <paramref name="work"/>, so that it can be static.
    /// </param>
    /// <param name="work">Reads; must not keep the transaction.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    public async Task<TResult> ReadAsync<TArgument, TResult>(
        Freshness freshness,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (_ambient.Value is WriteTransaction write)
            return await work(write.AsRead, argument, cancellationToken).ConfigureAwait(false);

        using var read = PickHost(freshness);
        while (true)
        {
            try
            {
                return await ReadOnAsync(read, argument, work, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (HostRead.IsLost(exception))
            {
                read.Move(exception);
            }
        }
    }

    /// <summary>
    /// Runs a write on the primary and commits it. Inside another write, it joins that write.
    /// </summary>
    /// <param name="argument">
    /// A value that is passed to <paramref name="work"/>, so that it can be static.
    /// </param>
    /// <param name="work">Writes; when it throws, the transaction is rolled back.</param>
    /// <param name="cancellationToken">Cancels the write; has no effect once the commit has begun.</param>
    /// <exception cref="HostUnavailableException">
    /// No primary can be reached, or the connection was lost; then it is unknown whether the write was
    /// committed.
    /// </exception>
    /// <exception cref="InvalidOperationException">The method is called inside a read.</exception>
    public Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        WriteAsync(argument, work, isStatement: false, cancellationToken);

    /// <summary>
    /// Runs a write that consists of a single statement. The statement commits by itself, which saves round
    /// trips.
    /// </summary>
    /// <param name="argument">
    /// A value that is passed to <paramref name="work"/>, so that it can be static.
    /// </param>
    /// <param name="work">Runs one statement.</param>
    /// <param name="cancellationToken">
    /// Cancels the write; the statement may have been committed nevertheless.
    /// </param>
    /// <exception cref="HostUnavailableException">As for any write.</exception>
    /// <exception cref="InvalidOperationException">The method is called inside a read.</exception>
    public Task<TResult> WriteStatementAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        WriteAsync(argument, work, isStatement: true, cancellationToken);

    /// <summary>Waits until a replica in rotation is complete up to an instant.</summary>
    /// <returns>
    /// False when that takes longer than <paramref name="limit"/>, or when the instant is so far ahead that
    /// it would.
    /// </returns>
    public Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
        _registry.WaitForHorizonAsync(horizon, limit, cancellationToken);

    /// <summary>
    /// Opens a connection to the primary outside of the pools, for example to LISTEN on. The caller disposes
    /// it. When <see cref="Timeline"/> has grown since, another host is the primary.
    /// </summary>
    /// <exception cref="HostUnavailableException">No primary can be reached.</exception>
    public async Task<NpgsqlConnection> OpenPrimaryAsync(CancellationToken cancellationToken)
    {
        var host = PickPrimary();
        try
        {
            return await host.Unpooled.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (HostUnavailableException.IsCausedBy(exception))
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

    private async Task<TResult> ReadOnAsync<TArgument, TResult>(
        HostRead read,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(read, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = new ReadTransaction(connection, _hosts[read.Host]);
            _ambient.Value = transaction;
            return await work(transaction, argument, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        bool isStatement,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (_ambient.Value is WriteTransaction outer)
            return await work(outer, argument, cancellationToken).ConfigureAwait(false);
        if (_ambient.Value is ReadTransaction)
            throw new InvalidOperationException("A write cannot begin inside a read; begin the write first.");

        var host = PickPrimary();
        try
        {
            var connection = await host.Writes.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var write = new WriteTransaction(connection, host);
                _ambient.Value = write;
                if (isStatement)
                    return await work(write, argument, cancellationToken).ConfigureAwait(false);

                var transaction = await write.BeginAsync(cancellationToken).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    var result = await work(write, argument, cancellationToken).ConfigureAwait(false);
                    await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
                    return result;
                }
            }
        }
        catch (Exception exception) when (HostUnavailableException.IsCausedBy(exception))
        {
            throw HostUnavailableException.From(host.Name, exception);
        }
    }

    private DatabaseHost PickPrimary() => _registry.PickPrimary() is >= 0 and var primary
        ? _hosts[primary]
        : throw new HostUnavailableException("No primary can be reached.");
}
