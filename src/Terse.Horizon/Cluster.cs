using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// A PostgreSQL primary and its replicas as one database. Reads go to a replica that is fresh enough, writes
/// to the primary; which host is what, and how far each has come, is looked up in the background.
/// </summary>
/// <remarks>
/// Safe for use by any number of threads. No clock of this machine or of a replica is trusted; how far a
/// replica has come is what its own horizon says (<see cref="HorizonSchema"/>).
/// </remarks>
public sealed class Cluster : IAsyncDisposable
{
    private readonly DatabaseHost[] _hosts;
    private readonly HostRegistry _board;
    private readonly HostMonitor _watch;
    private readonly AsyncLocal<object?> _ambient = new();

    /// <summary>Creates a cluster; nothing is connected to before <see cref="StartAsync"/>.</summary>
    /// <exception cref="ArgumentException">There is no host, or a connection string is wrong.</exception>
    public Cluster(ClusterOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Hosts.Count == 0)
            throw new ArgumentException("A cluster has at least one host.", nameof(options));
        _hosts = [.. options.Hosts.Select(host => new DatabaseHost(host, options))];
        _board = new HostRegistry([.. _hosts.Select(host => host.Standing)], options, time, Random.Shared);
        _watch = new HostMonitor(_hosts, _board, options, time);
    }

    /// <summary>The hosts, as they were given.</summary>
    public IReadOnlyList<DatabaseHost> Hosts => _hosts;

    /// <summary>
    /// The latest timeline that any host ever showed: the present primary's. It never falls.
    /// </summary>
    public int Timeline => _board.Timeline;

    /// <summary>
    /// Whether any host can be read from by what the last looks saw; one that failed is no loss yet.
    /// </summary>
    public bool HasReadableHost => _board.HasReadableHost;

    /// <summary>
    /// Looks at the hosts until there is a primary, for <see cref="ClusterOptions.StartPatience"/> at most,
    /// and goes on looking until it is disposed.
    /// </summary>
    public Task StartAsync() => _watch.StartAsync();

    /// <summary>
    /// Looks at the hosts until there is a primary, in the same way, and no further, for those who are done
    /// after a read or two. Nothing is written.
    /// </summary>
    public Task FindPrimaryAsync() => _watch.FindPrimaryAsync();

    /// <summary>Runs a read on a host that is fresh enough; inside a write, as a part of that.</summary>
    /// <remarks>A host that turns out dead is passed over once, so the work may run twice.</remarks>
    /// <param name="freshness">How fresh it has to be.</param>
    /// <param name="argument">What the work needs, so that it can be static.</param>
    /// <param name="work">Reads; must not keep the transaction.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
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

        return await _board.ReadAsync(
            freshness,
            (cluster: this, argument, work),
            static (host, call, token) => call.cluster.ReadOnAsync(host, call.argument, call.work, token),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Runs a write on the primary and commits it; inside another write, as a part of that.
    /// </summary>
    /// <param name="argument">What the work needs, so that it can be static.</param>
    /// <param name="work">Writes; when it throws, nothing is written.</param>
    /// <param name="cancellationToken">Ends the wait; not looked at any more from the commit on.</param>
    /// <exception cref="HostUnavailableException">
    /// No primary can be reached, or it broke off; then it is unknown whether the write was committed.
    /// </exception>
    /// <exception cref="InvalidOperationException">It is called inside a read.</exception>
    public Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        WriteAsync(argument, work, isStatement: false, cancellationToken);

    /// <summary>
    /// Like a write, for work of a single statement, which commits by itself and is quicker.
    /// </summary>
    /// <param name="argument">What the work needs, so that it can be static.</param>
    /// <param name="work">Writes; when it throws, nothing is written.</param>
    /// <param name="cancellationToken">Ends the wait; the statement may have been run all the same.</param>
    /// <exception cref="HostUnavailableException">As for any write.</exception>
    /// <exception cref="InvalidOperationException">It is called inside a read.</exception>
    public Task<TResult> WriteStatementAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        WriteAsync(argument, work, isStatement: true, cancellationToken);

    /// <summary>Waits until a replica in rotation is complete up to an instant.</summary>
    /// <returns>False where that takes longer than <paramref name="limit"/>, or is bound to.</returns>
    public Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
        _board.WaitForHorizonAsync(horizon, limit, cancellationToken);

    /// <summary>
    /// Opens a connection to the primary for the caller's own use, beside those that are kept, such as to
    /// listen on. The caller disposes it. When <see cref="Timeline"/> has grown, another host is the primary.
    /// </summary>
    /// <exception cref="HostUnavailableException">No primary can be reached.</exception>
    public async Task<NpgsqlConnection> OpenPrimaryAsync(CancellationToken cancellationToken)
    {
        var host = PickPrimary();
        try
        {
            return await host.Unpooled.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (HostUnavailableException.IsMeantBy(exception))
        {
            throw HostUnavailableException.Of(host.Name, exception);
        }
    }

    /// <summary>Ends the looks and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync().ConfigureAwait(false);
        foreach (var host in _hosts)
            await host.CloseAsync().ConfigureAwait(false);
    }

    private async Task<TResult> ReadOnAsync<TArgument, TResult>(
        int index,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        var host = _hosts[index];
        var connection = await host.Reads.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var read = new ReadTransaction(connection, host);
            _ambient.Value = read;
            return await work(read, argument, cancellationToken).ConfigureAwait(false);
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
            throw new InvalidOperationException("A read cannot write; begin with the write.");

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
        catch (Exception exception) when (HostUnavailableException.IsMeantBy(exception))
        {
            throw HostUnavailableException.Of(host.Name, exception);
        }
    }

    private DatabaseHost PickPrimary() => _board.PickPrimary() is >= 0 and var primary
        ? _hosts[primary]
        : throw new HostUnavailableException("No primary can be reached.");
}
