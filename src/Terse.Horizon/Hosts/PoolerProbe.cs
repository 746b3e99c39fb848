using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Probes the pooler of a host, so that a host whose pooler is lost counts as lost. A pooler is lost when it
/// refuses connections, opens none in time, cannot reach its host, or leads to another host. A statement that
/// takes too long proves nothing: it may wait for a free connection of a busy pooler.
/// </summary>
internal sealed class PoolerProbe(
    DatabaseHost host, HostRegistry registry, ClusterOptions options, TimeProvider time)
{
    private const string SelectStart = "SELECT pg_postmaster_start_time()";

    private readonly NpgsqlDataSource _pooler = host.Pools.PoolerProbes
        ?? throw new ArgumentException("The host has no pooler.", nameof(host));

    /// <summary>When PostgreSQL started on the host. These times tell hosts apart.</summary>
    private DateTime? _startedAt;

    public async Task RunAsync(CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(options.ProbeTimeout);
        var begin = time.GetTimestamp();
        try
        {
            if (await LeadsToHostAsync(limit.Token).ConfigureAwait(false) is not { } leadsToHost)
                return;
            if (leadsToHost)
                host.Status.PoolerConfirmedAt = begin;
            host.Status.PoolerFailure = leadsToHost
                ? null
                : new HostUnavailableException("It leads to another host.");
            registry.UpdatePooler(host.Status, leadsToHost);
        }
#pragma warning disable CA1031 // Any error counts as a failed probe; the pooler is probed again later.
        catch (Exception exception) when (!stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            host.Status.PoolerFailure = exception;
            registry.UpdatePoolerFailed(host.Status, HostErrors.Describe(exception));
        }
    }

    /// <summary>
    /// Whether the pooler leads to the host; null if this is unknown, because the pooler is busy or the host
    /// cannot be reached.
    /// </summary>
    private async Task<bool?> LeadsToHostAsync(CancellationToken cancellationToken)
    {
        if (await ReadStartAsync(_pooler, cancellationToken).ConfigureAwait(false) is not { } startedAt)
            return null;
        if (startedAt == _startedAt)
            return true;
        try
        {
            _startedAt = await ReadStartAsync(host.Pools.Probes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (
            exception is OperationCanceledException || HostErrors.IsUnavailable(exception))
        {
            return null;
        }

        return _startedAt is { } own ? startedAt == own : null;
    }

    /// <summary>
    /// Reads when the PostgreSQL host behind a source started; null if the statement takes too long.
    /// </summary>
    private static async Task<DateTime?> ReadStartAsync(
        NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var select = new NpgsqlCommand(SelectStart, connection);
            await using (select.ConfigureAwait(false))
            {
                try
                {
                    return (DateTime)(await select.ExecuteScalarAsync(cancellationToken)
                        .ConfigureAwait(false))!;
                }
                catch (Exception exception) when (
                    exception is OperationCanceledException || HostErrors.IsTimeout(exception))
                {
                    return null;
                }
            }
        }
    }
}
