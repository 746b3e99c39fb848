using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Three servers on one PostgreSQL cluster, behind a HAProxy that repeats no request. Each server has a name
/// and a zone of its own, and sends its spans, metrics and log entries to a collector.
/// </summary>
internal sealed class TracedServers : IAsyncDisposable
{
    /// <summary>The name and the zone of each server.</summary>
    public static readonly IReadOnlyDictionary<string, string> Zones = new Dictionary<string, string>
    {
        ["web-1"] = "zone-a",
        ["web-2"] = "zone-b",
        ["web-3"] = "zone-c",
    };

    private readonly TemporaryFolder _folder = new();
    private TerseProcess[] _servers = [];
    private HaProxy? _balancer;

    private TracedServers()
    {
    }

    /// <summary>Sends requests to HAProxy.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    /// <param name="postgres">The database of the servers.</param>
    /// <param name="endpoint">The address of the collector.</param>
    /// <param name="protocol">How the servers send to it: <c>http/protobuf</c> or <c>grpc</c>.</param>
    public static async Task<TracedServers> StartAsync(
        PostgresCluster postgres, string endpoint, string protocol)
    {
        var servers = new TracedServers();
        try
        {
            await servers.StartAllAsync(postgres, endpoint, protocol);
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        await Cleanup.DisposeAllAsync(_servers);
        _folder.Dispose();
    }

    private async Task StartAllAsync(PostgresCluster postgres, string endpoint, string protocol)
    {
        _servers = await Cleanup.StartAllAsync(Zones.Select(server => TerseProcess.StartAsync(
            Repository.Program,
            [
                "serve",
                "--urls", "http://127.0.0.1:0",
                "--data", _folder[server.Key],
                "--Drain:Delay", "00:00:00",
                "--Server:Name", server.Key,
                "--Server:Zone", server.Value,
                "--Domains:Default", "go.example",
                .. PostgresCluster.SettingsOf(postgres.ConnectionStrings),
            ],
            folder: null,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "100"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"))));
        var port = FreePort.Find();
        var backends = _servers.Select(server =>
            string.Create(CultureInfo.InvariantCulture, $"    server s{server.Id} {server.Authority}"));
        _balancer = await HaProxy.StartAsync(
            $"""
            listen terse
                mode http
                bind 127.0.0.1:{port}
                balance roundrobin
            {string.Join('\n', backends)}
            """,
            port);
        Http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
    }
}
