namespace Terse.Horizon;

/// <summary>
/// Runs the reads and writes of a <see cref="Cluster"/>: opens the connection, begins and commits the
/// transaction, and joins the transaction of a surrounding write. Safe for use by any number of threads.
/// </summary>
internal sealed class TransactionRunner(DatabaseHost[] hosts, HostRegistry registry)
{
    /// <summary>The transaction in whose callback the calling code runs; null outside of callbacks.</summary>
    private readonly AsyncLocal<object?> _ambient = new();

    /// <inheritdoc cref="Cluster.ReadAsync"/>
    public async Task<TResult> ReadAsync<TArgument, TResult>(
        ConnectionShare share,
        Freshness freshness,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        if (_ambient.Value is WriteTransaction write)
            return await work(write.AsRead, argument, cancellationToken).ConfigureAwait(false);

        using var read = new HostRead(registry, freshness);
        while (true)
        {
            try
            {
                return await ReadOnAsync(share, read, argument, work, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (Exception exception)
                when (share == ConnectionShare.Reports && HostErrors.IsTimeout(exception))
            {
                throw new TimeoutException("The report took too long.", exception);
            }
            catch (Exception exception) when (HostRead.IsLost(exception))
            {
                read.Move(exception);
            }
        }
    }

    /// <summary>
    /// Does the work of <see cref="Cluster.WriteAsync"/>, or of <see cref="Cluster.WriteStatementAsync"/> if
    /// <paramref name="isStatement"/> is true.
    /// </summary>
    public async Task<TResult> WriteAsync<TArgument, TResult>(
        ConnectionShare share,
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        bool isStatement,
        CancellationToken cancellationToken)
    {
        if (_ambient.Value is WriteTransaction outer)
            return await work(outer, argument, cancellationToken).ConfigureAwait(false);
        if (_ambient.Value is ReadTransaction)
            throw new InvalidOperationException("A write cannot begin inside a read; begin the write first.");

        var host = hosts[registry.RequirePrimary()];
        try
        {
            var opened = await host.OpenForWritesAsync(share, cancellationToken).ConfigureAwait(false);
            await using (opened.ConfigureAwait(false))
            {
                var write = new WriteTransaction(opened.Connection, host);
                _ambient.Value = write;
                if (isStatement && !host.HasPooler)
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
        catch (Exception exception) when (HostErrors.IsUnavailable(exception))
        {
            throw HostUnavailableException.From(host.Name, exception);
        }
    }

    private async Task<TResult> ReadOnAsync<TArgument, TResult>(
        ConnectionShare share,
        HostRead read,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        var host = hosts[read.Host];
        var opened = await host.OpenForReadsAsync(share, cancellationToken).ConfigureAwait(false);
        await using (opened.ConfigureAwait(false))
        {
            var transaction = host.ReadOn(share, opened.Connection);
            _ambient.Value = transaction;
            return await work(transaction, argument, cancellationToken).ConfigureAwait(false);
        }
    }
}
