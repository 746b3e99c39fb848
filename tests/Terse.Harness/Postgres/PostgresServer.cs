using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Terse.Harness;

/// <summary>A real PostgreSQL server in a folder of its own, run by the unprivileged user.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Programs = "/usr/lib/postgresql/15/bin/";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private Process? _process;

    private PostgresServer(string folder, int port)
    {
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    public string ConnectionString => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=terse;Database=terse");

    /// <summary>
    /// Makes a database and starts it; nothing of it survives a power cut, which no test makes.
    /// </summary>
    public static async Task<PostgresServer> StartPrimaryAsync(string folder)
    {
        var server = new PostgresServer(folder, FreePort());
        string[] options = ["-U", "terse", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"];
        await RunAsync("initdb", ["-D", folder, .. options]);
        await File.AppendAllTextAsync(
            Path.Combine(folder, "postgresql.conf"),
            """

            listen_addresses = '127.0.0.1'
            unix_socket_directories = ''
            fsync = off
            full_page_writes = off
            shared_buffers = 32MB
            max_wal_senders = 10
            max_replication_slots = 10
            max_connections = 200
            hot_standby_feedback = on
            wal_receiver_status_interval = 1s
            wal_retrieve_retry_interval = 200ms
            """);
        await server.StartAsync();
        return server;
    }

    /// <summary>Makes the database that the tests use.</summary>
    public async Task CreateDatabaseAsync()
    {
        await using var connection = await ConnectAsync("postgres");
        await using var create = new NpgsqlCommand("CREATE DATABASE terse", connection);
        await create.ExecuteNonQueryAsync();
    }

    /// <summary>Copies this server and starts the copy as a replica of it.</summary>
    public async Task<PostgresServer> StartReplicaAsync(string folder, string name)
    {
        var source = string.Create(
            CultureInfo.InvariantCulture, $"host=127.0.0.1 port={Port} user=terse application_name={name}");
        string[] options = ["-R", "-X", "stream", "-C", "-S", name, "-c", "fast", "-N"];
        await RunAsync("pg_basebackup", ["-D", folder, "-d", source, .. options]);
        var replica = new PostgresServer(folder, FreePort());
        await replica.StartAsync();
        return replica;
    }

    public async Task StartAsync()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        _process = Command.Start("setpriv", AsPostgres(Programs + "postgres", "-D", _folder, "-p", port));
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                ready.TrySetException(new InvalidOperationException($"PostgreSQL in {_folder} ended."));
            else if (line.Data.Contains("ready to accept", StringComparison.Ordinal))
                ready.TrySetResult();
        };
        _process.BeginErrorReadLine();
        try
        {
            await ready.Task.WaitAsync(Patience, TimeProvider.System);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>What a replica gets from its primary it keeps, but shows no more of it.</summary>
    public Task PauseReplayAsync() => ExecuteAsync("SELECT pg_wal_replay_pause()");

    public Task ResumeReplayAsync() => ExecuteAsync("SELECT pg_wal_replay_resume()");

    /// <summary>Makes a primary of a replica.</summary>
    public Task PromoteAsync() => ExecuteAsync("SELECT pg_promote()");

    /// <summary>Follows another primary than before.</summary>
    public async Task FollowAsync(PostgresServer primary)
    {
        var slot = string.Create(CultureInfo.InvariantCulture, $"follower{Port}");
        await primary.ExecuteAsync($"SELECT pg_create_physical_replication_slot('{slot}')");
        var source = string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={primary.Port}");
        await ExecuteAsync($"ALTER SYSTEM SET primary_conninfo = '{source} user=terse'");
        await ExecuteAsync($"ALTER SYSTEM SET primary_slot_name = '{slot}'");
        await ExecuteAsync("SELECT pg_reload_conf()");
    }

    /// <summary>SIGSTOP of the server and its children: connections open, and nobody answers.</summary>
    public void Pause() => ChildProcess.SignalFamily(_process!, ChildProcess.SigStop);

    public void Resume() => ChildProcess.SignalFamily(_process!, ChildProcess.SigCont);

    /// <summary>kill -9 of the server; its children end with it.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync("terse");
#pragma warning disable CA2100 // Constant SQL of a test.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Reads one whole number.</summary>
    public async Task<long> ReadAsync(string sql)
    {
        await using var connection = await ConnectAsync("terse");
#pragma warning disable CA2100 // Constant SQL of a test.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
        {
            Resume();
            ChildProcess.Signal(_process, ChildProcess.SigInt);
            using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
            await _process.WaitForExitAsync(limit.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        var address = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Database = database,
            Pooling = false,
        };
        var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var result = await Command.RunAsync("setpriv", AsPostgres([Programs + program, .. arguments]));
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {result.Errors}");
    }

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private static string[] AsPostgres(params string[] command) => Environment.UserName == "root"
        ? ["--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]
        : command;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
