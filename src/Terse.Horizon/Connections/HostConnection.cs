using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// A pooled connection that counts against its <see cref="ConnectionShare"/> until it is disposed.
/// </summary>
internal sealed class HostConnection(NpgsqlConnection connection, ConnectionSlots slots) : IAsyncDisposable
{
    public NpgsqlConnection Connection => connection;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            slots.Release();
        }
    }
}

/// <summary>
/// Limits how many connections of one share are in use on one host. Safe for use by any number of threads.
/// </summary>
internal sealed class ConnectionSlots(ConnectionShare share, int limit) : IDisposable
{
    private readonly SemaphoreSlim _free = new(limit, limit);
    private int _waiting;

    /// <summary>The connections of the share now.</summary>
    public ConnectionUse Use =>
        new(share, limit - _free.CurrentCount, limit, Math.Max(0, Volatile.Read(ref _waiting)));

    /// <summary>Waits until the share has a free connection.</summary>
    /// <exception cref="HostUnavailableException">Too many calls of the share wait already.</exception>
    public async ValueTask TakeAsync(CancellationToken cancellationToken)
    {
        if (_free.Wait(0, CancellationToken.None))
            return;
        try
        {
            if (Interlocked.Increment(ref _waiting) > ConnectionLimits.MaxWaiting)
            {
                // The inner exception says that the host is busy, not lost.
                throw new HostUnavailableException(
                    $"All {limit} connections for {share} are in use, and too many calls wait for them.",
                    new TimeoutException());
            }

            await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Release() => _free.Release();

    public void Dispose() => _free.Dispose();
}
