using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Servers on one PostgreSQL cluster or on SQLite, and the Prometheus servers that watch them. The tests of
/// a class share a fleet, and leave it as they found it.
/// </summary>
public abstract class AlertFleet : IAsyncLifetime
{
    private PostgresCluster? _postgres;
    private AlertWatch? _watch;

    internal TemporaryFolder Folder { get; } = new();

    internal PostgresCluster Postgres => _postgres!;

    internal AlertWatch Watch => _watch!;

    internal IReadOnlyList<AlertServer> Servers { get; private set; } = [];

    private protected virtual int ReplicaCount => 0;

    private protected virtual int ServerCount => 1;

    private protected virtual bool HasPostgres => true;

    private protected virtual bool WatchesHours => false;

    /// <summary>Parts of rules that are replaced in this fleet.</summary>
    private protected virtual (string Shipped, string Replaced)[] Thresholds => [];

    private protected virtual (string Name, string? Value)[] Environment => [];

    public virtual async ValueTask InitializeAsync()
    {
        if (HasPostgres)
            _postgres = await PostgresCluster.StartAsync(ReplicaCount);
        Servers = [.. Enumerable.Range(1, ServerCount).Select(NewServer)];
        foreach (var server in Servers)
            await server.StartAsync();
        _watch = await AlertWatch.StartAsync(
            [.. Servers.Select(server => server.MetricsUrl)], WatchesHours, Thresholds);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_watch is not null)
            await _watch.DisposeAsync();
        await Cleanup.DisposeAllAsync(Servers);
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The settings of a server, numbered from 1.</summary>
    private protected virtual string[] SettingsOf(int server) => [];

    /// <summary>Creates a server, and does not start it.</summary>
    internal AlertServer NewServer(int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"web-{number}");
        return new AlertServer(
            Folder[name],
            [
                "--Server:Name", name,
                .. PostgresCluster.SettingsOf(_postgres?.ConnectionStrings ?? []),
                .. SettingsOf(number),
            ],
            Environment);
    }
}

/// <summary>
/// A Terse server that keeps its data folder, and the port of its metrics, when a test restarts it.
/// </summary>
internal sealed class AlertServer(
    string folder, string[] settings, params (string Name, string? Value)[] environment) : IAsyncDisposable
{
    private TerseProcess? _process;

    public string Folder => folder;

    public string MetricsUrl { get; } =
        string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");

    public TerseProcess Process => _process!;

    public async Task StartAsync(params string[] more) => _process = await TerseProcess.StartAsync(
        Repository.Program,
        [
            "serve",
            "--urls", "http://127.0.0.1:0",
            "--data", folder,
            "--Drain:Delay", "00:00:00",
            "--Telemetry:MetricsUrl", MetricsUrl,
            .. settings,
            .. more,
        ],
        folder: null,
        environment);

    /// <summary>Shuts the server down; <see cref="StartAsync"/> starts it again.</summary>
    public async Task StopAsync()
    {
        Assert.Equal(0, await Process.StopAsync());
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _process = null;
    }
}
