using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// The sources of connections to one PostgreSQL host, each with the PostgreSQL settings that its statements
/// need. Safe for use by any number of threads.
/// </summary>
internal sealed class HostPools : IAsyncDisposable
{
    /// <summary>
    /// PostgreSQL settings for connections that write. When a client hangs or disappears in the middle of a
    /// transaction, PostgreSQL ends the transaction after seconds, not hours, and releases its locks.
    /// </summary>
    private const string LimitsOfWrites =
        "-c idle_in_transaction_session_timeout=5s -c lock_timeout=1500ms -c tcp_keepalives_idle=5 "
        + "-c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c client_connection_check_interval=2s";

    /// <summary>With this setting, PostgreSQL refuses writes on connections for reads.</summary>
    private const string ReadOnly = "-c default_transaction_read_only=on";

    private const string ReadWrite = "-c default_transaction_read_only=off";

    /// <summary>The statements of this library need this isolation level.</summary>
    private const string Isolation = "-c default_transaction_isolation=read\\ committed";

    private const string Writing = $"{Isolation} {ReadWrite} {LimitsOfWrites}";

    /// <summary>
    /// Sets <see cref="LimitsOfWrites"/> for one transaction, and makes its commit durable. The keepalives
    /// are missing, because they belong to the connection of the pooler.
    /// </summary>
    public const string SetLimitsOfWrite =
        """
        SET LOCAL idle_in_transaction_session_timeout = '5s';
        SET LOCAL lock_timeout = '1500ms';
        SET LOCAL client_connection_check_interval = '2s';
        SELECT set_config('synchronous_commit', 'on', true)
        WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
        """;

    public HostPools(HostAddress address, ClusterOptions options, ReadLimits limits)
    {
        var hasPooler = address.PoolerConnectionString is not null;
        var direct = AddressOf(address.ConnectionString, options.PreparedStatements ?? true);
        var shared = address.PoolerConnectionString is { } pooler
            ? AddressOf(pooler, options.PreparedStatements ?? false)
            : direct;
        var login = address.Password;
        var sharedLogin = hasPooler ? address.PoolerPassword : login;
        shared.NoResetOnClose |= hasPooler;
        shared.MaxPoolSize = options.Connections.ForWrites;
        Writes = Build(shared, sharedLogin, address.Name, options.WriteTimeout, hasPooler ? "" : Writing);
        DurableWrites = Build(
            shared,
            sharedLogin,
            address.Name + ", durable",
            options.WriteTimeout,
            hasPooler ? "" : $"{Writing} -c synchronous_commit=on");
        shared.MaxPoolSize = options.Connections.ForReads;
        Reads = Build(
            shared,
            sharedLogin,
            address.Name + ", reads",
            options.ReadTimeout,
            hasPooler ? "" : $"{Isolation} {ReadOnly} -c {limits.SettingOfLookups}");
        shared.MaxPoolSize = 1;
        shared.MaxAutoPrepare = 0; // A pooler that does not support prepared statements is not lost.
        PoolerProbes = hasPooler
            ? Build(shared, sharedLogin, address.Name + ", pooler", options.ProbeTimeout, "")
            : null;

        direct.MaxPoolSize = 1;
        Beats = Build(direct, login, address.Name + ", beats", options.WriteTimeout, Writing);
        // Probes read the defaults of the database, so they replace none of them.
        Probes = Build(direct, login, address.Name + ", probes", options.ProbeTimeout, ReadOnly);
        direct.Pooling = false;
        Unpooled = Build(direct, login, address.Name + ", unpooled", options.WriteTimeout, Writing);
    }

    /// <summary>Connections that write, with the host's default of synchronous_commit.</summary>
    public NpgsqlDataSource Writes { get; }

    /// <summary>Connections that write and make each commit durable.</summary>
    public NpgsqlDataSource DurableWrites { get; }

    public NpgsqlDataSource Reads { get; }

    public NpgsqlDataSource Beats { get; }

    public NpgsqlDataSource Probes { get; }

    /// <summary>The connection through the pooler for its probes; null without a pooler.</summary>
    public NpgsqlDataSource? PoolerProbes { get; }

    public NpgsqlDataSource Unpooled { get; }

    public async ValueTask DisposeAsync()
    {
        NpgsqlDataSource?[] sources =
            [Writes, DurableWrites, Reads, Beats, Probes, PoolerProbes, Unpooled];
        foreach (var source in sources.OfType<NpgsqlDataSource>())
            await source.DisposeAsync().ConfigureAwait(false);
    }

    private static NpgsqlConnectionStringBuilder AddressOf(string connectionString, bool prepares) =>
        new(connectionString)
        {
            Timezone = "UTC",
            CancellationTimeout = -1,
            MaxAutoPrepare = prepares ? 64 : 0,
            AutoPrepareMinUsages = 2,
        };

    private static NpgsqlDataSource Build(
        NpgsqlConnectionStringBuilder settings,
        PasswordProvider? login,
        string name,
        TimeSpan timeout,
        string options)
    {
        var seconds = ReadLimits.SecondsOf(timeout);
        var connection = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Timeout = seconds,
            CommandTimeout = seconds,
            Options = $"{settings.Options} {options}".Trim(),
        };
        var builder = new NpgsqlSlimDataSourceBuilder(connection.ConnectionString) { Name = name }
            .EnableArrays()
            .EnableTransportSecurity();
        if (login is not null)
        {
            builder.UsePasswordProvider(
                _ => throw new NotSupportedException("Connections are opened asynchronously."),
                (_, cancellationToken) => login(cancellationToken));
        }

        return builder.Build();
    }
}
