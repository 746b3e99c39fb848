using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of the lists of Terse servers and database hosts in the API and in <c>terse hosts</c>.
/// </summary>
public sealed class FleetStatusTests
{
    [Fact]
    public async Task Servers_show_each_other_and_a_stopped_server_disappears()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var first = await ServeAsync(postgres, "web-1");
        await using var second = await ServeAsync(postgres, "web-2");
        foreach (var (server, name) in new[] { (first, "web-1"), (second, "web-2") })
        {
            var servers = await WaitForServersAsync(server, 2);
            Assert.Equal(["web-1", "web-2"], servers.Select(seen => seen.GetProperty("name").GetString()));
            var answering = servers.Single(seen => seen.GetProperty("answering").GetBoolean());
            Assert.Equal(name, answering.GetProperty("name").GetString());
            Assert.Equal(2, servers.Select(seen => seen.GetProperty("node").GetInt32()).Distinct().Count());
            Assert.Single(servers.Select(seen => seen.GetProperty("configuration").GetString()).Distinct());
        }

        Assert.Equal(0, await second.StopAsync());
        var left = Assert.Single(
            (await FleetOfAsync(first)).GetProperty("servers").EnumerateArray().ToArray());
        Assert.Equal("web-1", left.GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_host_is_shown_with_its_role_its_lag_and_its_error()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var server = await ServeAsync(postgres, "web-1");
        await WaitForStatesAsync(server, "primary", "inRotation", "inRotation");
        await postgres.Replicas[0].PauseReplayAsync();
        await WaitForStatesAsync(server, "primary", "lagging", "inRotation");
        var lagging = HostsOf(await FleetOfAsync(server))[1];
        Assert.True(lagging.GetProperty("lag").GetDouble() > 5);
        Assert.Equal("replica", lagging.GetProperty("role").GetString());
        Assert.Equal(1, lagging.GetProperty("timeline").GetInt32());
        Assert.Equal(JsonValueKind.Null, lagging.GetProperty("error").ValueKind);

        await postgres.Replicas[0].ResumeReplayAsync();
        await postgres.Replicas[1].KillAsync();
        await WaitForStatesAsync(server, "primary", "inRotation", "unreachable");
        await Eventually.IsTrueAsync(async () =>
            HostsOf(await FleetOfAsync(server))[2].GetProperty("error").GetString()
                == "The connection failed: ConnectionRefused.");
    }

    [Fact]
    public async Task The_fleet_is_shown_without_a_primary_and_without_any_host()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var server = await ServeAsync(postgres, "web-1");
        await WaitForServersAsync(server, 1);
        await WaitForStatesAsync(server, "primary", "inRotation");

        postgres.Primary.Pause();
        Assert.Single((await FleetOfAsync(server)).GetProperty("servers").EnumerateArray().ToArray());
        await WaitForStatesAsync(server, "unreachable", "inRotation");
        Assert.Single((await FleetOfAsync(server)).GetProperty("servers").EnumerateArray().ToArray());

        postgres.Replicas[0].Pause();
        if (await TryReadFleetAsync(server) is { } alone)
        {
            Assert.Empty(alone.GetProperty("servers").EnumerateArray());
            Assert.NotEmpty(alone.GetProperty("serversError").GetString()!);
            Assert.Equal(2, HostsOf(alone).Length);
        }

        postgres.Primary.Resume();
        postgres.Replicas[0].Resume();
        await WaitForStatesAsync(server, "primary", "inRotation");
        await WaitForServersAsync(server, 1);
    }

    [Fact]
    public async Task The_hosts_command_prints_two_tables_or_JSON()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var first = await ServeAsync(postgres, "web-1");
        await using var second = await ServeAsync(postgres, "web-2");
        await WaitForServersAsync(first, 2);
        await WaitForStatesAsync(first, "primary", "inRotation");
        var tables = await Command.TerseAsync("hosts", "--server", first.Url);
        var json = await Command.TerseAsync("hosts", "--json", "--server", second.Url);

        Assert.Equal((0, ""), (tables.ExitCode, tables.Errors));
        Assert.Equal(6, tables.OutputLines.Length);
        Assert.StartsWith("HOST ", tables.OutputLines[0], StringComparison.Ordinal);
        Assert.Matches("^127[.]0[.]0[.]1:[0-9]+ +primary +primary +1 +", tables.OutputLines[1]);
        Assert.Matches("^127[.]0[.]0[.]1:[0-9]+ +replica +inRotation +1 +", tables.OutputLines[2]);
        Assert.Matches("^web-1 +[01] +eu-1a .* yes$", tables.OutputLines[4]);
        Assert.Matches("^web-2 +[01] +eu-1a .* -$", tables.OutputLines[5]);
        Assert.Equal((0, ""), (json.ExitCode, json.Errors));
        Assert.Equal(2, HostsOf(JsonElement.Parse(json.Output)).Length);
    }

    private static Task<TerseProcess> ServeAsync(PostgresCluster postgres, string name) =>
        TerseProcess.ServeAsync(postgres.ConnectionStrings, "--Server:Name", name, "--Server:Zone", "eu-1a");

    private static Task<JsonElement> FleetOfAsync(TerseProcess server) =>
        server.Http.GetFromJsonAsync<JsonElement>("api/v1/fleet");

    private static JsonElement[] HostsOf(JsonElement fleet) =>
        [.. fleet.GetProperty("hosts").EnumerateArray()];

    /// <summary>
    /// Returns null for 503: no database host can be read, so the server does not know whether a key exists,
    /// and whether a request needs one.
    /// </summary>
    private static async Task<JsonElement?> TryReadFleetAsync(TerseProcess server)
    {
        using var answer = await server.Http.GetAsync(new Uri("api/v1/fleet", UriKind.Relative));
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            return null;
        return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<JsonElement[]> WaitForServersAsync(TerseProcess server, int count)
    {
        JsonElement[] servers = [];
        await Eventually.IsTrueAsync(async () =>
        {
            servers = [.. (await FleetOfAsync(server)).GetProperty("servers").EnumerateArray()];
            return servers.Length == count;
        });
        return servers;
    }

    private static Task WaitForStatesAsync(TerseProcess server, params string[] states) =>
        Eventually.IsTrueAsync(async () => await TryReadFleetAsync(server) is { } fleet
            && HostsOf(fleet)
                .Select(host => host.GetProperty("state").GetString())
                .SequenceEqual(states, StringComparer.Ordinal));
}
