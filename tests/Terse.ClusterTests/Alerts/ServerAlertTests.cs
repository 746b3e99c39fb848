using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of the alerts about single servers: whether they run, and what they run out of.</summary>
public sealed class ServerAlertTests(ServerAlertFleet fleet) : AlertTests, IClassFixture<ServerAlertFleet>
{
    private const string Rejected =
        "sum(increase(instance:terse_connections_rejected:sum[1m]))";

    private AlertServer First => fleet.Servers[0];

    private AlertServer Second => fleet.Servers[1];

    [Fact]
    [FiresAndEnds("TerseServerDown", "TerseFewZones")]
    public Task A_server_that_does_not_answer_is_down_and_is_missing_in_its_zone() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            Second.Process.Pause();
            try
            {
                await whileCaused();
            }
            finally
            {
                Second.Process.Resume();
            }
        });

    [Fact]
    [FiresAndEnds("TerseConfigurationDiffers")]
    public Task Servers_with_different_settings_are_noticed() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await Second.StopAsync();
            await Second.StartAsync("--Cache:MaxEntries", "1000");
            try
            {
                await whileCaused();
            }
            finally
            {
                await Second.StopAsync();
                await Second.StartAsync();
            }
        });

    [Fact]
    [FiresAndEnds("TerseSharedConfigurationProblem")]
    public Task A_wrong_shared_configuration_is_noticed() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            var document = fleet.Folder["terse.json"];
            await File.WriteAllTextAsync(document, "{}");
            await Second.StopAsync();
            await Second.StartAsync("--Config:Source", document, "--Config:Interval", "00:00:01");
            try
            {
                await File.WriteAllTextAsync(document, """{ "Cache": { "MaxAgee": "00:01:00" } }""");
                await whileCaused();
            }
            finally
            {
                await Second.StopAsync();
                await Second.StartAsync();
            }
        });

    [Fact]
    [FiresAndEnds("TerseConnectionsNearLimit")]
    public Task Connections_that_clients_keep_open_come_near_the_limit() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            var server = IPEndPoint.Parse(First.Process.Authority);
            var connections = new List<TcpClient>();
            try
            {
                for (var number = 0; number < ServerAlertFleet.MaxConnections * 1.1; number++)
                {
                    connections.Add(new TcpClient());
                    await connections[^1].ConnectAsync(server);
                }

                await whileCaused();
                await Eventually.IsTrueAsync(async () =>
                    await fleet.Watch.ReadAsync(Rejected) > 0);
            }
            finally
            {
                connections.ForEach(connection => connection.Dispose());
            }
        });

    [Fact]
    [FiresAndEnds("TerseCertificateNearEnd", "TerseCertificateEnds")]
    public Task A_certificate_near_its_end_is_noticed_until_it_is_renewed() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            try
            {
                fleet.IssueCertificate(TimeSpan.FromDays(6));
                await fleet.Watch.WaitUntilFiringAsync(["TerseCertificateNearEnd"]);
                Assert.DoesNotContain(
                    "TerseCertificateEnds", await fleet.Watch.FindPagesAsync(TimeSpan.FromMinutes(1)));
                fleet.IssueCertificate(TimeSpan.FromHours(12));
                await whileCaused();
            }
            finally
            {
                fleet.IssueCertificate(ServerAlertFleet.ValidFor);
            }
        });

    [Fact]
    [FiresAndEnds("TerseTelemetryExportFails")]
    public Task Exports_to_a_lost_collector_fail() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            fleet.ToCollector.Reset();
            try
            {
                await whileCaused();
            }
            finally
            {
                fleet.ToCollector.Forward();
            }
        });

    /// <summary>The servers have as many nodes as there are servers, and a third server takes one.</summary>
    [Fact]
    [FiresAndEnds("TerseIdReservationRunsOut", "TerseServerNotReady")]
    public Task A_server_that_finds_no_free_node_creates_no_links() =>
        FireAndEndAsync(fleet, async whileCaused =>
        {
            await using var creations = Traffic.OfCreations([First]);
            await Second.StopAsync();
            await using var third = fleet.NewServer(3);
            await third.StartAsync();
            await Second.StartAsync();
            await whileCaused();
            await RunStatementsAsync(fleet.Postgres.Primary, "TerseIdReservationRunsOut");
            await third.StopAsync();
        });
}

/// <summary>
/// Two servers in two zones, with a certificate, a collector, two nodes, and a small limit of connections.
/// </summary>
public sealed class ServerAlertFleet : AlertFleet
{
    public const int MaxConnections = 100;

    public static readonly TimeSpan ValidFor = TimeSpan.FromDays(20);

    private OtlpReceiver? _collector;
    private TcpProxy? _toCollector;

    internal TcpProxy ToCollector => _toCollector!;

    private protected override int ServerCount => 2;

    private protected override (string Name, string? Value)[] Environment =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{ToCollector.Port}"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
    ];

    public override async ValueTask InitializeAsync()
    {
        _collector = await OtlpReceiver.StartAsync();
        _toCollector = new(new Uri(_collector.HttpEndpoint).Port);
        IssueCertificate(ValidFor);
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_toCollector is not null)
            await _toCollector.DisposeAsync();
        if (_collector is not null)
            await _collector.DisposeAsync();
    }

    /// <summary>Replaces the certificate of all servers.</summary>
    internal void IssueCertificate(TimeSpan validFor) => _ = new TestCertificates(Folder.Path, validFor);

    private protected override string[] SettingsOf(int server) =>
    [
        "--Server:Zone", server == 1 ? "zone-a" : "zone-b",
        "--Server:MaxConnections", MaxConnections.ToString(CultureInfo.InvariantCulture),
        "--Ids:NodeBits", "1",
        "--Tls:CertificateFile", Folder["server.crt"],
        "--Tls:KeyFile", Folder["server.key"],
    ];
}
