using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// A PostgreSQL host of a <see cref="Cluster"/>, with its last known state and its connection pools. Safe for
/// use by any number of threads.
/// </summary>
/// <remarks>
/// Reads and writes go through the pooler of the host, if the host has one. A pooler in transaction mode runs
/// each transaction on any of its connections. So through a pooler, nothing may depend on the state of a
/// session: each transaction sets its own limits, and each read begins a read-only transaction.
/// </remarks>
public sealed class DatabaseHost
{
    private readonly ConnectionSlots[] _slots;
    private readonly ReadLimits _limits;

    internal DatabaseHost(HostAddress address, ClusterOptions options)
    {
        Status = new HostStatus(address.Name);
        HasPooler = address.PoolerConnectionString is not null;
        if (HasPooler)
        {
            // A pooler counts as lost until a probe has shown that it leads to this host.
            Status.State = HostState.Unknown with { PoolerFailures = options.FailedProbes };
        }

        _slots = [.. Enum.GetValues<ConnectionShare>().Select(
            share => new ConnectionSlots(share, options.Connections.Of(share)))];
        _limits = new ReadLimits(options);
        Pools = new HostPools(address, options, _limits);
    }

    /// <summary>The name of the host, from <see cref="HostAddress.Name"/>.</summary>
    public string Name => Status.Name;

    /// <summary>The state of the host, as the last probes found it.</summary>
    public HostState State => Status.State;

    /// <summary>
    /// Why the last probe of the host or of its pooler failed, in the words of PostgreSQL and of the driver;
    /// null when both succeeded. The text can contain addresses and names of users, so it is for the log;
    /// <see cref="HostState.Error"/> and <see cref="HostState.PoolerError"/> are for clients.
    /// </summary>
    public string? Failure =>
        Status.Failure is { } failure ? HostErrors.Explain(failure)
        : Status.PoolerFailure is { } lost
            ? $"The pooler cannot be used. {HostErrors.Explain(lost)}"
        : null;

    /// <summary>
    /// Whether the last probe failed for a reason that does not pass by itself, for example a wrong password
    /// or a certificate that is not accepted.
    /// </summary>
    public bool IsRefused => (Status.Failure ?? Status.PoolerFailure) is { } failure
        && HostErrors.IsRefusal(failure);

    /// <summary>Whether reads and writes go through a pooler.</summary>
    public bool HasPooler { get; }

    /// <summary>
    /// The settings of the host, which probes read once a minute; null before the first successful probe.
    /// </summary>
    public HostSettings? Settings => Status.Settings;

    /// <summary>How many reads of this process run on the host now.</summary>
    public int ReadsInFlight => Status.ReadsInFlight;

    /// <summary>How this process uses the connections of each share to the host now.</summary>
    public IEnumerable<ConnectionUse> Connections => _slots.Select(slots => slots.Use);

    internal HostStatus Status { get; }

    internal HostPools Pools { get; }

    /// <summary>
    /// The source of connections that write. When commits are weak by default, their connections make them
    /// durable. They never set synchronous_commit otherwise, because a default of 'remote_apply' must stay.
    /// </summary>
    private NpgsqlDataSource Writes =>
        Settings is { IsCommitWeak: true } ? Pools.DurableWrites : Pools.Writes;

    private string? BeginLookup => HasPooler ? _limits.BeginPooledLookup : null;

    /// <summary>
    /// Stores the settings that a probe read. If they choose another source of <see cref="Writes"/>, closes
    /// the connections of the source before, so that both together have no more connections than the shares.
    /// </summary>
    internal void Apply(HostSettings settings)
    {
        var before = Writes;
        Status.Settings = settings;
        if (before != Writes)
            before.Clear();
    }

    /// <summary>
    /// Waits until the share <see cref="ConnectionShare.Lookups"/> has a free connection, which the read then
    /// keeps until it moves or ends, and opens a connection for statements that only read.
    /// </summary>
    internal async ValueTask<NpgsqlConnection> OpenLookupAsync(
        HostRead read, CancellationToken cancellationToken)
    {
        await read.TakeSlotAsync(_slots[(int)ConnectionShare.Lookups], cancellationToken)
            .ConfigureAwait(false);
        return await OpenForReadsAsync(Pools.Reads, BeginLookup, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the share has a free connection, and opens a connection for statements that only read.
    /// </summary>
    internal ValueTask<HostConnection> OpenForReadsAsync(
        ConnectionShare share, CancellationToken cancellationToken)
    {
        var begin = share switch
        {
            ConnectionShare.Reports => _limits.BeginReport,
            ConnectionShare.Lookups => BeginLookup,
            _ => ReadLimits.BeginRead,
        };
        return OpenAsync(
            share, token => OpenForReadsAsync(SourceOf(share), begin, token), cancellationToken);
    }

    /// <summary>
    /// Creates the transaction on a connection for reads. PostgreSQL ends a report at its time limit; Npgsql
    /// waits a little longer.
    /// </summary>
    internal ReadTransaction ReadOn(ConnectionShare share, NpgsqlConnection connection) =>
        new(connection, this, share == ConnectionShare.Reports ? _limits.ReportSeconds : null);

    /// <summary>Waits until the share has a free connection, and opens a connection for writes.</summary>
    internal ValueTask<HostConnection> OpenForWritesAsync(
        ConnectionShare share, CancellationToken cancellationToken) =>
        OpenAsync(share, SourceOf(share).OpenConnectionAsync, cancellationToken);

    /// <summary>
    /// Each share has its connections in one pool. Otherwise the two pools together could open more
    /// connections than the shares have.
    /// </summary>
    private NpgsqlDataSource SourceOf(ConnectionShare share) =>
        share is ConnectionShare.Lookups or ConnectionShare.Reports ? Pools.Reads : Writes;

    private async ValueTask<HostConnection> OpenAsync(
        ConnectionShare share,
        Func<CancellationToken, ValueTask<NpgsqlConnection>> open,
        CancellationToken cancellationToken)
    {
        var slots = _slots[(int)share];
        await slots.TakeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return new(await open(cancellationToken).ConfigureAwait(false), slots);
        }
        catch
        {
            slots.Release();
            throw;
        }
    }

    /// <summary>
    /// Opens a connection, and begins a read-only transaction unless <paramref name="begin"/> is null. Npgsql
    /// rolls the transaction back when the connection is disposed.
    /// </summary>
    private static async ValueTask<NpgsqlConnection> OpenForReadsAsync(
        NpgsqlDataSource source, string? begin, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        if (begin is null)
            return connection;
        try
        {
#pragma warning disable CA2100 // The text is one of two constants and a number.
            var command = new NpgsqlCommand(begin, connection);
#pragma warning restore CA2100
            await using (command.ConfigureAwait(false))
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal async ValueTask CloseAsync()
    {
        await Pools.DisposeAsync().ConfigureAwait(false);
        foreach (var slots in _slots)
            slots.Dispose();
    }
}
