using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Terse.Harness;

/// <summary>
/// A PostgreSQL server process with its own data folder. If the tests run as root, the process runs as the
/// user <c>postgres</c>.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>The password of the user <c>terse</c> after <see cref="RequireTlsAsync"/>.</summary>
    public const string Password = "secret of the tests";

    private readonly string _folder;
    private Process? _process;
    private bool _requiresTls;

    private PostgresServer(string folder, int port)
    {
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    public int ProcessId => _process!.Id;

    /// <summary>
    /// The name under which this server connects to a primary, and the name of its replication slot.
    /// </summary>
    public string Name => Path.GetFileName(_folder);

    public string ConnectionString => ConnectionStringBy(Port);

    /// <summary>
    /// Returns the connection string for a different port, for example the port of a proxy.
    /// </summary>
    public static string ConnectionStringBy(int port) => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={port};Username=terse;Database=terse");

    /// <summary>
    /// Runs <c>initdb</c> in the folder and starts a primary. The primary runs without fsync, because no test
    /// cuts the power.
    /// </summary>
    /// <param name="folder">The data folder, which does not exist yet.</param>
    /// <param name="port">The port to listen on; a free port if null.</param>
    public static async Task<PostgresServer> StartPrimaryAsync(string folder, int? port = null)
    {
        var server = new PostgresServer(folder, port ?? FreePort.Find());
        string[] options = ["-U", "terse", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"];
        await PostgresPrograms.RunAsync("initdb", ["-D", folder, .. options]);
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
            wal_keep_size = 256MB
            max_connections = 200
            hot_standby_feedback = on
            wal_receiver_status_interval = 1s
            wal_retrieve_retry_interval = 200ms
            """);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts a server on the data folder of a server that was shut down.</summary>
    public static async Task<PostgresServer> StartAgainAsync(string folder, int? port = null)
    {
        var server = new PostgresServer(folder, port ?? FreePort.Find());
        await server.StartAsync();
        return server;
    }

    /// <summary>Restarts the server so that it accepts connections with TLS too.</summary>
    public async Task OfferTlsAsync(TestCertificates certificates)
    {
        await StopAsync();
        string[] files = [certificates.Authority, certificates.ServerCertificate, certificates.ServerKey];
        await PostgresPrograms.RunAsPostgresAsync("install", ["-m", "600", .. files, _folder]);
        await File.AppendAllTextAsync(
            Path.Combine(_folder, "postgresql.conf"),
            """

            ssl = on
            ssl_ca_file = 'authority.crt'
            """);
        await StartAsync();
    }

    /// <summary>
    /// Restarts the server so that it refuses connections without TLS. The user <c>terse</c> logs in with
    /// <see cref="Password"/> (SCRAM), and the user of the client certificate with this certificate.
    /// </summary>
    public async Task RequireTlsAsync(TestCertificates certificates)
    {
        await ExecuteAsync($"ALTER ROLE terse PASSWORD '{Password}'");
        await ExecuteAsync($"CREATE ROLE {TestCertificates.ClientName} SUPERUSER LOGIN");
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "pg_hba.conf"),
            $"""
            hostssl all {TestCertificates.ClientName} 127.0.0.1/32 cert
            hostssl all all 127.0.0.1/32 scram-sha-256

            """);
        _requiresTls = true;
        await OfferTlsAsync(certificates);
    }

    /// <summary>Creates the database that the tests use.</summary>
    public async Task CreateDatabaseAsync()
    {
        await using var connection = await ConnectAsync("postgres");
        await using var create = new NpgsqlCommand("CREATE DATABASE terse", connection);
        await create.ExecuteNonQueryAsync();
    }

    /// <summary>Returns all schema and data of the test database as SQL, from <c>pg_dump</c>.</summary>
    public async Task<string> DumpAsync() => (await RunClientAsync("pg_dump", input: "")).Output;

    /// <summary>Runs statements with <c>psql</c>, such as the result of <see cref="DumpAsync"/>.</summary>
    public Task RunScriptAsync(string sql) => RunClientAsync("psql", sql, "-q", "-v", "ON_ERROR_STOP=1");

    /// <summary>Copies the data of this server to a folder and starts a replica on the copy.</summary>
    public async Task<PostgresServer> StartReplicaAsync(string folder, int? port = null)
    {
        var replica = new PostgresServer(folder, port ?? FreePort.Find());
        await replica.BecomeReplicaAsync(this);
        return replica;
    }

    /// <summary>
    /// Deletes all data of this server, copies the data of a primary, and starts this server as a replica of
    /// that primary.
    /// </summary>
    public async Task BecomeReplicaAsync(PostgresServer primary)
    {
        await StopAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        await primary.CreateSlotAsync(Name);
        string[] options = ["-R", "-X", "stream", "-S", Name, "-c", "fast", "-N"];
        string[] copy = ["-D", _folder, "-d", primary.SourceFor(this), .. options];
        await PostgresPrograms.RunAsync("pg_basebackup", copy);
        await StartAsync();
        await ExecuteAsync("ALTER SYSTEM RESET synchronous_standby_names");
        await ExecuteAsync("SELECT pg_reload_conf()");
    }

    public async Task StartAsync()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        _process?.Dispose(); // The previous process has ended; this call releases its handle.
        var command = PostgresPrograms.AsPostgres(
            PostgresPrograms.PathOf("postgres"), "-D", _folder, "-p", port);
        _process = Command.Start("setpriv", command);
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
            await ready.Task.WaitAsync(Timeout, TimeProvider.System);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Pauses replay: this replica still receives WAL from its primary, but its queries do not see the
    /// changes.
    /// </summary>
    public Task PauseReplayAsync() => ExecuteAsync("SELECT pg_wal_replay_pause()");

    public Task ResumeReplayAsync() => ExecuteAsync("SELECT pg_wal_replay_resume()");

    /// <summary>
    /// Lets this replica replay each commit this long after the primary has committed it.
    /// </summary>
    public async Task DelayReplayAsync(TimeSpan delay)
    {
        await ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"ALTER SYSTEM SET recovery_min_apply_delay = '{delay.TotalMilliseconds:0}ms'"));
        await ExecuteAsync("SELECT pg_reload_conf()");
    }

    /// <summary>Promotes a replica to primary.</summary>
    public Task PromoteAsync() => ExecuteAsync("SELECT pg_promote()");

    /// <summary>
    /// Returns true if the promoted server has replayed all WAL that this replica has received, so this
    /// replica can follow the promoted server.
    /// </summary>
    public async Task<bool> IsBehindAsync(PostgresServer promoted)
    {
        var end = await promoted.ReadAsync("SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint");
        return await ReadAsync(
            "SELECT (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0')::bigint") <= end;
    }

    /// <summary>
    /// Waits until this replica has replayed all that the primary has written before the call.
    /// </summary>
    public async Task CatchUpAsync(PostgresServer primary)
    {
        var end = await primary.ReadAsync("SELECT (pg_current_wal_lsn() - '0/0')::bigint");
        await Eventually.IsTrueAsync(async () =>
            await ReadAsync("SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint") >= end);
    }

    /// <summary>Makes this replica follow a different primary.</summary>
    public async Task FollowAsync(PostgresServer primary)
    {
        await primary.CreateSlotAsync(Name);
        await ConfigureAsync(("primary_conninfo", primary.SourceFor(this)), ("primary_slot_name", Name));
    }

    /// <summary>
    /// Makes a replica synchronous: this primary acknowledges a commit only after the replica has written the
    /// commit to disk.
    /// </summary>
    public async Task MakeSynchronousAsync(PostgresServer replica)
    {
        await ConfigureAsync(("synchronous_standby_names", replica.Name));
        await Eventually.IsTrueAsync(async () => await ReadAsync(
            "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1);
    }

    /// <summary>
    /// Suspends PostgreSQL and its child processes (SIGSTOP). Open connections stay open and get no response.
    /// </summary>
    public void Pause() => ChildProcess.SuspendFamily(_process!);

    public void Resume() => ChildProcess.SignalFamily(_process!, ChildProcess.SigCont);

    /// <summary>Kills PostgreSQL and its child processes (SIGKILL), even if they are suspended.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>
    /// Shuts PostgreSQL down cleanly: PostgreSQL disconnects all clients and writes its buffers to disk. The
    /// test can start the server again.
    /// </summary>
    public async Task StopAsync()
    {
        if (_process is null)
            return;
        try
        {
            ChildProcess.SignalFamily(_process, ChildProcess.SigCont);
            ChildProcess.Signal(_process, ChildProcess.SigInt);
            await _process.WaitForExitAsync().WaitAsync(Timeout, TimeProvider.System);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException)
        {
            // The process has already ended, or it ignores the signal. The next line kills it.
        }

        _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _process = null;
    }

    /// <param name="sql">The SQL statement to execute.</param>
    /// <param name="limit">How long the statement may run; 30 seconds if null.</param>
    public async Task ExecuteAsync(string sql, TimeSpan? limit = null)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = (int)(limit ?? TimeSpan.FromSeconds(30)).TotalSeconds;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs a query that returns one <c>bigint</c>, and returns the number.</summary>
    public async Task<long> ReadAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Runs a query, and returns the first column of each row as text.</summary>
    public async Task<IReadOnlyList<string>> ReadTextsAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var row = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await row.ReadAsync())
            texts.Add(row.GetString(0));
        return texts;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>The <c>primary_conninfo</c> with which a replica connects to this server.</summary>
    private string SourceFor(PostgresServer follower) => string.Create(
        CultureInfo.InvariantCulture,
        $"host=127.0.0.1 port={Port} user=terse application_name={follower.Name}");

    private Task CreateSlotAsync(string name) => ExecuteAsync(
        $"""
        SELECT pg_create_physical_replication_slot('{name}')
        WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{name}')
        """);

    /// <summary>Changes settings of the running server that need no restart.</summary>
    public async Task ConfigureAsync(params (string Name, string Value)[] settings)
    {
        foreach (var (name, value) in settings)
            await ExecuteAsync($"ALTER SYSTEM SET {name} = '{value}'");
        await ExecuteAsync("SELECT pg_reload_conf()");
    }

    /// <summary>Opens a connection that does not come from a pool. The caller disposes it.</summary>
    public Task<NpgsqlConnection> ConnectAsync() => ConnectAsync("terse");

    private async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        var address = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Database = database,
            Pooling = false,
        };
        if (_requiresTls)
            (address.SslMode, address.Password) = (SslMode.Require, Password);
        var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private async Task<CommandResult> RunClientAsync(string program, string input, params string[] options)
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        string[] address = ["-h", "127.0.0.1", "-p", port, "-U", "terse", "-d", "terse"];
        var result = await Command.RunAsync(
            PostgresPrograms.PathOf(program), [.. address, .. options], Encoding.UTF8.GetBytes(input));
        return result.ExitCode == 0
            ? result
            : throw new InvalidOperationException($"{program}: {result.Errors}");
    }
}
