using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>
/// Runs the services of <c>deploy/compose</c> as processes of this machine, with their scripts, files,
/// settings and names. Each service has an address of its own below 127.0.0.0/8, because no container gives
/// it a network.
/// </summary>
internal sealed class ComposeRun : IAsyncDisposable
{
    /// <summary>Mounts the names and the secrets where containers find them. Only this process sees them.
    /// </summary>
    private const string Enter =
        """
        set -eu
        hostname "$1"
        mount --bind "$2/hosts" /etc/hosts
        mount -t tmpfs tmpfs /run
        mkdir -m 1777 /run/postgresql
        mkdir /run/secrets
        mount --bind "$2/secrets" /run/secrets
        log=$3
        shift 3
        [ -z "$log" ] || exec >>"$log" 2>&1
        exec "$@"
        """;

    private static readonly string[] Names =
        ["db1", "db2", "db3", "terse1", "terse2", "balancer", "prometheus"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Process> _processes = [];
    private readonly ComposeFile _compose = ComposeFile.Parse(ComposeFile.ReadText());
    private readonly int _block = Random.Shared.Next(2, 250);

    private ComposeRun()
    {
    }

    public static async Task<ComposeRun> PrepareAsync()
    {
        var run = new ComposeRun();
        await Command.RunAsync("chmod", ["a+rwx", run._folder.Path]);
        await Command.RunAsync("install", ["-d", "-m", "777", .. Names.Select(name => run._folder[name])]);
        File.Copy(Path.Combine(ComposeFile.Folder, "prepare"), run._folder["prepare"]);
        await Command.RunAsync("/bin/sh", [run._folder["prepare"]]);
        await Command.RunAsync("chmod", ["a+rx", run._folder["secrets"]]);
        await File.WriteAllLinesAsync(
            run._folder["hosts"], Names.Select(name => $"{run.AddressOf(name)} {name}"));
        return run;
    }

    public string AddressOf(string service) => string.Create(
        CultureInfo.InvariantCulture, $"127.80.{_block}.{Array.IndexOf(Names, service) + 1}");

    private string LogOf(string service) =>
        File.Exists(_folder[$"{service}.log"]) ? File.ReadAllText(_folder[$"{service}.log"]) : "";

    /// <summary>Starts a database, and waits until it accepts connections, as its health check does.
    /// </summary>
    /// <param name="host">The service.</param>
    /// <param name="primary">The variable PRIMARY.</param>
    public async Task StartDatabaseAsync(string host, string primary)
    {
        string[] user = PostgresPrograms.AsPostgres(
            "env",
            $"PATH={PostgresPrograms.Folder}:{ScriptFolder}:{Environment.GetEnvironmentVariable("PATH")}",
            $"INITDB_SCRIPT={ComposeFile.Folder}/roles.sh",
            Path.Combine(ComposeFile.Folder, "database"),
            "-c", $"listen_addresses={AddressOf(host)}",
            "-c", "fsync=off");
        Start(host, ["setpriv", .. user], ("PRIMARY", primary), ("PGDATA", DataOf(host)));
        await Eventually.IsTrueAsync(async () =>
        {
            Assert.False(_processes[host].HasExited, LogOf(host));
            var ready = await Command.RunAsync(
                PostgresPrograms.PathOf("pg_isready"), ["-q", "-h", AddressOf(host), "-d", "postgres"]);
            return ready.ExitCode == 0;
        });
    }

    /// <summary>Stops a service with the signal that the file names, and waits until it has ended.</summary>
    public async Task StopAsync(string service)
    {
        var process = _processes[service];
        Assert.Equal("SIGINT", _compose.Services[service].StopSignal);
        ChildProcess.Signal(process, ChildProcess.SigInt);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        await process.WaitForExitAsync(limit.Token);
        _processes.Remove(service);
        process.Dispose();
    }

    /// <summary>The command of the instructions that makes a replica the primary.</summary>
    public Task PromoteAsync(string host) =>
        PostgresPrograms.RunAsync("pg_ctl", "promote", "-D", DataOf(host));

    /// <summary>Starts a server of Terse with the settings of the file.</summary>
    public Task<TerseProcess> StartServerAsync(string service)
    {
        var (file, arguments) = CommandOf(
            service,
            log: "",
            [
                Repository.Program, "serve",
                "--urls", $"http://{AddressOf(service)}:8080",
                "--Telemetry:MetricsUrl", $"http://{AddressOf(service)}:9464",
                "--data", _folder[service],
            ]);
        return TerseProcess.StartAsync(file, arguments, folder: null, SettingsOf(service));
    }

    /// <summary>Makes the first API key, as the instructions say.</summary>
    public async Task<string> CreateKeyAsync(string service)
    {
        var (file, arguments) = CommandOf(
            service, log: "", [Repository.Program, "access", "create", "--name", "admin", "--role", "admin"]);
        var created = await Command.RunAsync(
            file, arguments, input: null, folder: null, SettingsOf(service));
        Assert.True(created.ExitCode == 0, created.Errors);
        return created.Output.Split().Single(word => word.StartsWith("terse_", StringComparison.Ordinal));
    }

    /// <summary>
    /// Starts HAProxy with its file, in which only addresses differ: there is no name server, and no network
    /// of its own.
    /// </summary>
    public async Task<Uri> StartBalancerAsync()
    {
        var settings = await File.ReadAllTextAsync(Path.Combine(ComposeFile.Folder, "haproxy.cfg"));
        var changed = settings
            .Replace("bind :8080", $"bind {AddressOf("balancer")}:8080", StringComparison.Ordinal)
            .Replace("    default-server resolvers engine init-addr none\n", "", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_folder["haproxy.cfg"], changed);
        Start("balancer", ["/usr/sbin/haproxy", "-db", "-f", _folder["haproxy.cfg"]]);
        await Eventually.IsTrueAsync(async () =>
        {
            Assert.False(_processes["balancer"].HasExited, LogOf("balancer"));
            return await IsListeningAsync(AddressOf("balancer"), 8080);
        });
        return new Uri($"http://{AddressOf("balancer")}:8080");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (service, process) in _processes)
        {
            // A database ends at once, but after its own processes. HAProxy would not end at all.
            var signal = service == "balancer" ? ChildProcess.SigTerm : ChildProcess.SigQuit;
            if (!process.HasExited)
                ChildProcess.Signal(process, signal);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _folder.Dispose();
    }

    private static string ScriptFolder => Path.Combine(Repository.Root, "tests/Terse.DeployTests/Compose");

    private string DataOf(string host) => _folder[$"{host}/host"];

    /// <summary>The settings of a server, with the addresses of this run.</summary>
    private (string Name, string? Value)[] SettingsOf(string service) =>
    [
        .. _compose.Services[service].Environment.Select(pair => (pair.Key, (string?)pair.Value)),
        ("TERSE__Proxies__Trusted__0", AddressOf("balancer")),
        ("TERSE__Domains__Default", $"{AddressOf("balancer")}:8080"),
        ("TERSE__Access__Anonymous", "never"),
    ];

    private (string File, string[] Arguments) CommandOf(
        string service, string log, IEnumerable<string> command) => (
            "unshare",
            [
                "--mount", "--uts", "--propagation", "private", "sh", "-c", Enter, "sh", service,
                _folder.Path, log, .. command,
            ]);

    private void Start(
        string service, IEnumerable<string> command, params (string Name, string? Value)[] changed)
    {
        var (file, arguments) = CommandOf(service, _folder[$"{service}.log"], command);
        var environment = _compose.Services[service].Environment
            .Select(pair => (pair.Key, (string?)pair.Value))
            .Concat(changed);
        _processes[service] = Command.Start(file, arguments, folder: null, [.. environment]);
    }

    private static async Task<bool> IsListeningAsync(string address, int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
