using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Changes of a fleet under load that counts every request.</summary>
public sealed class ChangedFleetTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>How long an autoscaler may take on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>The changes are repeated until so many minutes have passed.</summary>
    private static readonly TimeSpan Length =
        TimeSpan.FromMinutes(TestVariable.Read("TERSE_LOAD_MINUTES", defaultValue: 0));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Three servers are replaced, a bad program is refused, the servers are replaced again, their number
    /// changes from 2 to 5 and back, a configuration is rolled out, and the primary changes twice. One round
    /// takes more than two minutes.
    /// </summary>
    [Fact]
    public async Task No_request_fails_while_servers_configuration_and_primary_change()
    {
        var source = _folder["terse.json"];
        await File.WriteAllTextAsync(source, DocumentOf(round: 0));
        await using var fleet = new FleetScript(
            ("TERSE__Config__Source", source), ("TERSE__Config__Interval", "00:00:01"));
        await RunAsync(fleet, "up", "--servers", "3", "--replicas", "1");
        var begin = TimeProvider.System.GetTimestamp();
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        var rounds = 0;
        do
        {
            rounds++;
            await RollAsync(fleet);
            await ScaleAsync(fleet, load);
            await RollOutAsync(fleet, source, rounds);
            await SwitchOverAsync(fleet, load);
            output.WriteLine(
                $"{TimeProvider.System.GetElapsedTime(begin)}: {rounds} rounds, {load.Requests} requests, "
                + $"{load.Failures.Count} failed");
        }
        while (load.Failures.Count == 0 && TimeProvider.System.GetElapsedTime(begin) < Length);

        await load.StopAsync((await fleet.StatusAsync()).ServerUrls);
        output.WriteLine($"{load.Created.Count} links created, longest pause {load.LongestPause}");
        Assert.True(load.Failures.Count == 0, string.Join(Environment.NewLine, load.Failures));
        Assert.NotEmpty(load.Created);
    }

    [Fact]
    public async Task Servers_are_added_under_load_and_removed_after_it()
    {
        await using var fleet = await StartAsync("--servers", "2", "--replicas", "0", "--zones", "a,b");
        string[] options = ["--min", "1", "--max", "3", "--cpu", "8", "--interval", "1", "--cool-down", "5"];
        using var autoscale = fleet.Start("autoscale", options);
        await using (var load = await CountedLoad.StartAsync(fleet.Balancer, clients: 30))
        {
            await Eventually.IsTrueAsync(() => HasServersAsync(fleet, 3), Limit);
            await load.StopAsync();
            Assert.True(load.Failures.Count == 0, string.Join(Environment.NewLine, load.Failures));
        }

        await Eventually.IsTrueAsync(() => HasServersAsync(fleet, 2), Limit);
        ChildProcess.Signal(autoscale, ChildProcess.SigTerm);
        await autoscale.WaitForExitAsync();

        Assert.Equal(0, (await fleet.StatusAsync()).ExitCode);
    }

    [Fact]
    public async Task A_killed_part_is_missing_until_up_starts_it()
    {
        await using var fleet = await StartAsync("--servers", "2", "--replicas", "0");
        await RunAsync(fleet, "kill", "server2");
        var killed = await fleet.StatusAsync();
        var unknown = await fleet.RunAsync("kill", "server7");
        await RunAsync(fleet, "up");

        Assert.Equal((1, 3), (killed.ExitCode, killed.Processes.Count()));
        Assert.Equal(1, unknown.ExitCode);
        Assert.StartsWith("There is no part server7. ", unknown.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await fleet.StatusAsync()).ExitCode);
    }

    private static async Task RollAsync(FleetScript fleet)
    {
        var before = await fleet.StatusAsync();
        await RunAsync(fleet, "roll", "--to", Repository.Program);
        var rolled = await fleet.StatusAsync();
        var refused = await fleet.RunAsync("roll", "--to", "/bin/false");
        await RunAsync(fleet, "roll");
        var back = await fleet.StatusAsync();

        Assert.Equal((0, 3), (rolled.ExitCode, rolled.Servers.GetArrayLength()));
        // The balancer and the databases.
        Assert.Equal(3, rolled.Processes.Intersect(before.Processes).Count());
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("The roll stopped at server1", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, back.ExitCode);
    }

    private static async Task ScaleAsync(FleetScript fleet, CountedLoad load)
    {
        foreach (var servers in (int[])[2, 5, 2, 3])
        {
            await RunAsync(fleet, "scale", $"{servers}");
            var status = await fleet.StatusAsync();
            Assert.Equal((0, servers), (status.ExitCode, status.Servers.GetArrayLength()));
            await load.ContinueAsync(requests: 200);
        }
    }

    private async Task RollOutAsync(FleetScript fleet, string source, int round)
    {
        var document = _folder["new.json"];
        await File.WriteAllTextAsync(document, DocumentOf(round));
        var before = (await ConfigAsync(source, "get")).Errors.Trim()["version ".Length..];
        var rollout = await ConfigAsync(
            source, "rollout", document, "--base", before, "--watch", "00:00:03",
            "--server", fleet.Balancer.GetLeftPart(UriPartial.Authority));
        Assert.True(rollout.ExitCode == 0, rollout.Errors);
        var after = (await ConfigAsync(source, "get")).Errors.Trim()["version ".Length..];

        Assert.NotEqual(before, after);
        Assert.Equal([after, after, after], await VersionsAsync(fleet.Balancer));
    }

    private static async Task SwitchOverAsync(FleetScript fleet, CountedLoad load)
    {
        await RunAsync(fleet, "switchover", "--to", "db2");
        Assert.Equal(["replica", "primary"], (await fleet.StatusAsync()).Roles);
        await load.ContinueAsync(requests: 200);
        await RunAsync(fleet, "switchover");
        Assert.Equal(["primary", "replica"], (await fleet.StatusAsync()).Roles);
        await load.ContinueAsync(requests: 200);
    }

    private static string DocumentOf(int round) =>
        $$"""{ "Cache": { "MaxAge": "00:00:01", "MaxEntries": {{100 + round}} } }""";

    private static Task<CommandResult> ConfigAsync(string source, string command, params string[] options) =>
        Command.TerseAsync(["config", command, .. options, "--Config:Source", source]);

    /// <summary>Returns the versions of the shared configuration that the servers use.</summary>
    private static async Task<IEnumerable<string?>> VersionsAsync(Uri balancer)
    {
        using var http = new HttpClient { BaseAddress = balancer };
        var fleet = await http.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/fleet", UriKind.Relative));
        return fleet.GetProperty("servers").EnumerateArray()
            .Select(server => server.GetProperty("sharedConfiguration").GetProperty("version").GetString());
    }

    private static async Task<bool> HasServersAsync(FleetScript fleet, int servers) =>
        (await fleet.StatusAsync()).Servers.GetArrayLength() == servers;

    private static async Task<FleetScript> StartAsync(params string[] options)
    {
        var fleet = new FleetScript();
        await RunAsync(fleet, "up", options);
        return fleet;
    }

    private static async Task RunAsync(FleetScript fleet, string command, params string[] options)
    {
        var result = await fleet.RunAsync(command, options);
        Assert.True(result.ExitCode == 0, result.Errors);
    }
}
