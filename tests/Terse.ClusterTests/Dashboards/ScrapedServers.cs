using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Three servers on a PostgreSQL cluster with two replicas, and a Prometheus that scrapes them each second
/// and evaluates the rules of <c>deploy/prometheus</c>. Their limits are low, so that a test reaches them.
/// </summary>
internal sealed class ScrapedServers : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly string[] Zones = ["zone-a", "zone-a", "zone-b"];

    private readonly TemporaryFolder _folder = new();
    private readonly int[] _metricsPorts = [.. Zones.Select(_ => FreePort.Find())];
    private readonly List<TerseProcess> _started = [];
    private TerseProcess[] _servers = [];
    private TestCertificates? _certificates;
    private OtlpReceiver? _collector;
    private string _collectorAddress = "";
    private PrometheusServer? _prometheus;

    private ScrapedServers(PostgresCluster postgres) => Postgres = postgres;

    public PostgresCluster Postgres { get; }

    public PrometheusServer Prometheus => _prometheus!;

    /// <summary>The servers that run, or that the test has ended.</summary>
    public IReadOnlyList<TerseProcess> All => Volatile.Read(ref _servers);

    public static async Task<ScrapedServers> StartAsync()
    {
        var servers = new ScrapedServers(await PostgresCluster.StartAsync(replicas: 2));
        try
        {
            await servers.StartAllAsync();
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>The label <c>instance</c> of the series of a server.</summary>
    public string InstanceOf(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_metricsPorts[number]}");

    /// <summary>Ends the collector to which all servers send their telemetry.</summary>
    public async Task StopCollectorAsync()
    {
        if (Interlocked.Exchange(ref _collector, null) is { } collector)
            await collector.DisposeAsync();
    }

    /// <summary>Starts a killed server with other settings and a certificate that ends in an hour.</summary>
    public async Task StartAgainAsync(int number)
    {
        WriteCertificate(TimeSpan.FromHours(1));
        var server = await StartAsync(number, "--Cache:MaxEntries", "12345");
        Volatile.Write(ref _servers, [.. All.Select((other, at) => at == number ? server : other)]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_prometheus is not null)
            await _prometheus.DisposeAsync();
        await Cleanup.DisposeAllAsync(_started);
        await StopCollectorAsync();
        await Postgres.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAllAsync()
    {
        WriteCertificate(TimeSpan.FromDays(19));
        _collector = await OtlpReceiver.StartAsync();
        _collectorAddress = _collector.HttpEndpoint;
        _servers = await Cleanup.StartAllAsync(Zones.Select((_, number) => StartAsync(number)));
        _prometheus = await PrometheusServer.StartAsync(
            [.. Zones.Select((_, number) => InstanceOf(number))], CopyRules(), Second, Second);
    }

    private async Task<TerseProcess> StartAsync(int number, params string[] options)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"web-{number + 1}");
        var server = await TerseProcess.StartAsync(
            Repository.Program,
            [
                "serve",
                "--urls", "http://127.0.0.1:0;https://127.0.0.1:0",
                "--data", _folder[name],
                "--Domains:Default", "go.example",
                "--Tls:CertificateFile", _certificates!.ServerCertificate,
                "--Tls:KeyFile", _certificates.ServerKey,
                "--Server:Name", name,
                "--Server:Zone", Zones[number],
                "--Telemetry:MetricsUrl", $"http://{InstanceOf(number)}",
                "--Database:MissesPerSecond", "5",
                "--Limits:FailedKeysPerAddress", "1",
                "--Webhooks:AllowedNetworks:0", "127.0.0.0/8",
                "--Visits:RingSlots", "1024",
                "--Visits:SpoolBytes", "1048576",
                .. PostgresCluster.SettingsOf(Postgres.ConnectionStrings),
                .. options,
            ],
            folder: null,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", _collectorAddress),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("DOTNET_GCgen0size", "400000")); // In hexadecimal: 4 MiB, so that collections are frequent.
        lock (_started)
            _started.Add(server);
        return server;
    }

    /// <summary>
    /// Copies the rules. The copy evaluates the long windows as often as all other rules, so that the test
    /// does not wait for them.
    /// </summary>
    private List<string> CopyRules()
    {
        var copies = new List<string>();
        foreach (var file in TimeLapse.Shipped)
        {
            var copy = _folder[Path.GetFileName(file)];
            File.WriteAllText(copy, File.ReadAllText(file).Replace(
                "    interval: 2m\n", "", StringComparison.Ordinal));
            copies.Add(copy);
        }

        return copies;
    }

    private void WriteCertificate(TimeSpan validFor) =>
        _certificates = new TestCertificates(_folder.Path, validFor);
}
