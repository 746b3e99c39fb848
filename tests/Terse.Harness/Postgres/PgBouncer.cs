using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Terse.Harness;

/// <summary>
/// A PgBouncer process in transaction mode in front of one PostgreSQL server. PgBouncer uses its connections
/// in turn, so that consecutive transactions of a client run on different connections. If the tests run as
/// root, the process runs as the user <c>postgres</c>, because PgBouncer refuses to run as root.
/// </summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    /// <summary>The largest number of connections to PostgreSQL.</summary>
    public const int PoolSize = 4;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort.Find();
    private readonly ConcurrentQueue<string> _log = [];
    private Process _process = null!;

    private PgBouncer()
    {
    }

    /// <summary>The connection string for the clients of this PgBouncer.</summary>
    public string ConnectionString => PostgresServer.ConnectionStringBy(_port);

    /// <summary>What PgBouncer has logged.</summary>
    public string Log => string.Join(Environment.NewLine, _log);

    public static async Task<PgBouncer> StartAsync(PostgresServer server)
    {
        var pooler = new PgBouncer();
        try
        {
            await Command.RunAsync("chmod", ["a+rx", pooler._folder.Path]);
            await File.WriteAllTextAsync(pooler._folder["users"], "\"terse\" \"\"\n");
            await File.WriteAllTextAsync(pooler._folder["pgbouncer.ini"], pooler.SettingsFor(server));
            await pooler.StartAsync();
            return pooler;
        }
        catch
        {
            await pooler.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Makes PgBouncer open all its connections to PostgreSQL, by one transaction on each at the same time.
    /// </summary>
    public async Task FillAsync()
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, PoolSize).Select(_ => ConnectAsync()));
        foreach (var connection in connections)
            await ExecuteAsync(connection, "BEGIN");
        foreach (var connection in connections)
            await ExecuteAsync(connection, "COMMIT");
        await Cleanup.DisposeAllAsync(connections);
    }

    /// <summary>Kills PgBouncer (SIGKILL), which closes the connections of its clients.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public async Task StartAsync()
    {
        _process = Command.Start(
            "setpriv", PostgresPrograms.AsPostgres("/usr/sbin/pgbouncer", _folder["pgbouncer.ini"]));
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            _log.Enqueue(line.Data ?? "PgBouncer ended.");
            if (line.Data is null)
                ready.TrySetException(new InvalidOperationException(Log));
            else if (line.Data.Contains("process up", StringComparison.Ordinal))
                ready.TrySetResult();
        };
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(Timeout, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_process is not null)
                await KillAsync();
        }
        catch (InvalidOperationException)
        {
            // The process has already ended, and its object is disposed.
        }

        _folder.Dispose();
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private string SettingsFor(PostgresServer server) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        [databases]
        terse = host=127.0.0.1 port={server.Port} dbname=terse

        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {_port}
        unix_socket_dir =
        auth_type = trust
        auth_file = {_folder["users"]}
        pool_mode = transaction
        default_pool_size = {PoolSize}
        max_client_conn = 200
        server_round_robin = 1
        """);
}
