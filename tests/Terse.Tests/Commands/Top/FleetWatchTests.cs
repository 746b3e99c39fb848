using Terse.Commands;
using Terse.Harness;

namespace Terse.Tests.Commands;

public sealed class FleetWatchTests : IAsyncLifetime
{
    private readonly FakeTime _time = new(DateTimeOffset.UnixEpoch);
    private FakeFleet _fleet = null!;

    public async ValueTask InitializeAsync() => _fleet = await FakeFleet.StartAsync();

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    [Fact]
    public async Task Rates_come_from_two_scrapes_and_a_restart_begins_again()
    {
        await _fleet.AddAsync("web-1");
        using var watch = new Watch(_fleet, _time);
        Assert.Equal([null, 5d, null, 4d], [
            await watch.ReadMintedAsync("web-1", 100),
            await watch.ReadMintedAsync("web-1", 110),
            await watch.ReadMintedAsync("web-1", 8),
            await watch.ReadMintedAsync("web-1", 16),
        ]);

        // So does a restart after which the counter is already greater.
        _fleet.Restart("web-1");
        Assert.Null(await watch.ReadMintedAsync("web-1", 1_000_000));
        Assert.Equal(1, await watch.ReadMintedAsync("web-1", 1_000_002));
    }

    [Fact]
    public async Task A_server_without_an_answer_is_shown_with_its_reason_beside_the_others()
    {
        await _fleet.AddAsync("web-1");
        _fleet.List("web-2", "http://127.0.0.1:1");
        _fleet.List("web-3", null);
        await _fleet.AddAsync("web-4", metricsName: "web-1");
        using var watch = new Watch(_fleet, _time);
        var servers = (await watch.ReadAsync()).Servers;

        Assert.Equal(
            [
                ServerState.NotReady, ServerState.Unreachable, ServerState.NoMetrics, ServerState.Unreachable,
            ],
            servers.Select(server => server.State));
        Assert.Null(servers[0].Error);
        Assert.Equal("The connection failed: ConnectionRefused.", servers[1].Error);
        Assert.Contains("Telemetry:MetricsUrl", servers[2].Error!, StringComparison.Ordinal);
        Assert.Equal("Its address shows the metrics of 'web-1'.", servers[3].Error);
        Assert.All(servers, server => Assert.Equal("eu-1a", server.Zone));
    }

    [Fact]
    public async Task Given_addresses_are_read_instead_of_the_reported_ones()
    {
        var first = await _fleet.AddAsync("web-1");
        _fleet.List("web-2", "http://127.0.0.1:1");
        using var watch = new Watch(_fleet, _time, first, "http://127.0.0.1:2");
        var servers = (await watch.ReadAsync()).Servers;

        Assert.Equal(["http://127.0.0.1:2", "web-1", "web-2"], servers.Select(server => server.Name));
        Assert.Equal(
            [ServerState.Unreachable, ServerState.NotReady, ServerState.NoMetrics],
            servers.Select(server => server.State));
    }

    [Theory]
    [InlineData("ready 1", ServerState.NotReady)]
    [InlineData("terse_server_ready{terse_purpose=\"redirects\"} 0", ServerState.NotReady)]
    [InlineData("terse_server_ready{terse_purpose=\"redirects\"} 1", ServerState.NoCreations)]
    [InlineData(
        "terse_server_ready{terse_purpose=\"redirects\"} 1\n"
            + "terse_server_ready{terse_purpose=\"creations\"} 1",
        ServerState.Ready)]
    [InlineData("terse_server_draining 1", ServerState.Draining)]
    public async Task The_metrics_of_a_server_show_its_state(string metrics, object state)
    {
        await _fleet.AddAsync("web-1");
        _fleet.Metrics["web-1"] = metrics;
        using var watch = new Watch(_fleet, _time);

        Assert.Equal(state, Assert.Single((await watch.ReadAsync()).Servers).State);
    }

    [Fact]
    public async Task A_configuration_that_most_servers_do_not_have_is_marked()
    {
        await _fleet.AddAsync("web-1");
        await _fleet.AddAsync("web-2", configuration: "aaaaaaaaaaaa");
        await _fleet.AddAsync("web-3");
        using var watch = new Watch(_fleet, _time);

        Assert.Equal(
            [false, true, false],
            (await watch.ReadAsync()).Servers.Select(server => server.HasOtherConfiguration));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"hosts\":[null],\"servers\":[]}")]
    [InlineData("{\"hosts\":[],\"servers\":[{}]}")]
    public async Task While_the_list_cannot_be_read_the_last_one_is_used(string answer)
    {
        await _fleet.AddAsync("web-1");
        using var watch = new Watch(_fleet, _time);
        Assert.Null((await watch.ReadAsync()).Error);
        _fleet.Answer = answer;
        var read = await watch.ReadAsync();

        Assert.Contains("did not answer like a Terse server", read.Error!, StringComparison.Ordinal);
        Assert.Equal("web-1", Assert.Single(read.Servers).Name);
    }

    [Fact]
    public async Task While_the_servers_cannot_be_read_the_hosts_are_new_and_the_last_servers_stay()
    {
        await _fleet.AddAsync("web-1");
        using var watch = new Watch(_fleet, _time);
        await watch.ReadMintedAsync("web-1", 100);
        _fleet.Answer =
            """
            {"hosts": [{"name": "db1", "role": "primary", "state": "unreachable", "readsInFlight": 0}],
            "servers": [], "serversError": "The database is lost."}
            """;

        Assert.Equal(5, await watch.ReadMintedAsync("web-1", 110));
        var read = await watch.ReadAsync();
        Assert.Equal("The database is lost.", read.Error);
        Assert.Equal("db1", Assert.Single(read.Hosts).Name);
    }

    /// <summary>Watches a fleet; its readings are 2 s apart.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly FakeFleet _fleet;
        private readonly FakeTime _time;
        private readonly ServerClient _client;
        private readonly MetricsClient _metrics;
        private readonly FleetWatch _watch;

        public Watch(FakeFleet fleet, FakeTime time, params string[] addresses)
        {
            (_fleet, _time) = (fleet, time);
            _client = new(fleet.Address, maxConnections: 1);
            _metrics = new(TimeSpan.FromSeconds(30), time);
            _watch = new(_client, _metrics, addresses, time);
        }

        public Task<FleetFigures> ReadAsync()
        {
            _time.Pass(TimeSpan.FromSeconds(2));
            return _watch.ReadAsync(default);
        }

        public async Task<double?> ReadMintedAsync(string server, int minted)
        {
            _fleet.Metrics[server] = $"terse_ids_minted_total {minted}\n";
            return (await ReadAsync()).Servers.Single(read => read.Name == server).Rates?.Created;
        }

        public void Dispose()
        {
            _client.Dispose();
            _metrics.Dispose();
        }
    }
}
