using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class ConfigurationRolloutTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _source;

    public ConfigurationRolloutTests() => _source = _folder["terse.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_request_fails_while_a_configuration_is_rolled_out_to_all_servers()
    {
        await File.WriteAllTextAsync(_source, """{ "Cache": { "MaxAge": "01:00:00" } }""");
        await File.WriteAllTextAsync(
            _folder["new.json"], """{ "Cache": { "MaxAge": "00:00:01", "MaxEntries": 100 } }""");
        await using var fleet = new FleetScript(
            ("TERSE__Config__Source", _source), ("TERSE__Config__Interval", "00:00:01"));
        var up = await fleet.RunAsync("up", "--servers", "3", "--replicas", "0");
        Assert.True(up.ExitCode == 0, up.Errors);
        var before = (await ConfigAsync("get")).Errors.Trim()["version ".Length..];
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);

        var rollout = await ConfigAsync(
            "rollout", _folder["new.json"], "--base", before, "--watch", "00:00:03",
            "--server", fleet.Balancer.GetLeftPart(UriPartial.Authority));

        await load.StopAsync();
        Assert.True(rollout.ExitCode == 0, rollout.Errors);
        Assert.True(load.Failures.Count == 0, string.Join(Environment.NewLine, load.Failures));
        var after = (await ConfigAsync("get")).Errors.Trim()["version ".Length..];
        Assert.Equal([after, after, after], await VersionsAsync(fleet.Balancer));
        Assert.NotEqual(before, after);
    }

    private Task<CommandResult> ConfigAsync(string command, params string[] options) =>
        Command.TerseAsync(["config", command, .. options, "--Config:Source", _source]);

    /// <summary>Returns the versions of the shared configuration that the servers use.</summary>
    private static async Task<IEnumerable<string?>> VersionsAsync(Uri balancer)
    {
        using var http = new HttpClient { BaseAddress = balancer };
        var fleet = await http.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/fleet", UriKind.Relative));
        return fleet.GetProperty("servers").EnumerateArray()
            .Select(server => server.GetProperty("sharedConfiguration").GetProperty("version").GetString());
    }
}
