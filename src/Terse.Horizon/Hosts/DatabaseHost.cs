using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// A PostgreSQL host of a <see cref="Cluster"/>, with its last known state and its connection pools. Safe for
/// use by any number of threads.
/// </summary>
public sealed class DatabaseHost
{
    /// <summary>
    /// PostgreSQL settings for connections that write. When a client hangs or disappears in the middle of a
    /// transaction, PostgreSQL ends the transaction after seconds, not hours, and releases its locks.
    /// </summary>
    private const string LimitsOfWrites =
        "-c idle_in_transaction_session_timeout=5s -c lock_timeout=1500ms -c tcp_keepalives_idle=5 "
        + "-c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c client_connection_check_interval=2s";

    private readonly ConnectionSlots[] _slots;

    internal DatabaseHost(HostAddress address, ClusterOptions options)
    {
        Status = new HostStatus(address.Name);
        _slots = [.. Enum.GetValues<ConnectionShare>().Select(
            share => new ConnectionSlots(share, options.Connections.Of(share)))];
        var writes = new NpgsqlConnectionStringBuilder(address.ConnectionString)
        {
            Timeout = Seconds(options.WriteTimeout),
            CommandTimeout = Seconds(options.WriteTimeout),
            CancellationTimeout = -1,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            MaxPoolSize = options.Connections.Total + 1, // one more for the beat
        };
        var others = writes.Options;
        writes.Options = $"{others} {LimitsOfWrites}".TrimStart();
        Writes = Build(writes, address.Name);

        writes.Pooling = false;
        Unpooled = Build(writes, address.Name + ", unpooled");
        writes.Pooling = true;

        // With default_transaction_read_only, PostgreSQL refuses writes on connections for reads.
        var reads = new NpgsqlConnectionStringBuilder(writes.ConnectionString)
        {
            Timeout = Seconds(options.ReadTimeout),
            CommandTimeout = Seconds(options.ReadTimeout),
            Options = $"{others} -c default_transaction_read_only=on".TrimStart(),
        };
        Reads = Build(reads, address.Name + ", reads");
        reads.Timeout = reads.CommandTimeout = Seconds(options.ProbeTimeout);
        reads.MaxPoolSize = 2;
        Probes = Build(reads, address.Name + ", probes");
    }

    /// <summary>The name of the host, from <see cref="HostAddress.Name"/>.</summary>
    public string Name => Status.Name;

    /// <summary>The state of the host, as the last probes found it.</summary>
    public HostState State => Status.State;

    /// <summary>How many reads of this process run on the host now.</summary>
    public int ReadsInFlight => Status.ReadsInFlight;

    internal HostStatus Status { get; }

    internal NpgsqlDataSource Writes { get; }

    internal NpgsqlDataSource Unpooled { get; }

    internal NpgsqlDataSource Reads { get; }

    internal NpgsqlDataSource Probes { get; }

    /// <summary>Waits until the share has a free connection, and opens a connection for reads.</summary>
    internal ValueTask<HostConnection> OpenForReadsAsync(
        ConnectionShare share, CancellationToken cancellationToken) =>
        OpenAsync(Reads, _slots[(int)share], cancellationToken);

    /// <summary>Waits until the share has a free connection, and opens a connection for writes.</summary>
    internal ValueTask<HostConnection> OpenForWritesAsync(
        ConnectionShare share, CancellationToken cancellationToken) =>
        OpenAsync(Writes, _slots[(int)share], cancellationToken);

    internal ConnectionSlots SlotsOf(ConnectionShare share) => _slots[(int)share];

    internal async ValueTask CloseAsync()
    {
        await Writes.DisposeAsync().ConfigureAwait(false);
        await Unpooled.DisposeAsync().ConfigureAwait(false);
        await Reads.DisposeAsync().ConfigureAwait(false);
        await Probes.DisposeAsync().ConfigureAwait(false);
        foreach (var slots in _slots)
            slots.Dispose();
    }

    private static async ValueTask<HostConnection> OpenAsync(
        NpgsqlDataSource source, ConnectionSlots slots, CancellationToken cancellationToken)
    {
        await slots.TakeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return new(await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false), slots);
        }
        catch
        {
            slots.Release();
            throw;
        }
    }

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder connection, string name) =>
        new NpgsqlSlimDataSourceBuilder(connection.ConnectionString) { Name = name }.EnableArrays().Build();
}
