using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of <c>./fleet up --observed</c>, which starts a Prometheus beside the fleet.</summary>
public sealed class ObservedFleetTests
{
    [Fact]
    public async Task An_observed_fleet_has_a_Prometheus_that_reads_each_server_and_that_up_starts_again()
    {
        await using var fleet = new FleetScript();
        var up = await UpAsync(fleet, "--servers", "2", "--replicas", "0", "--observed");
        var before = await fleet.StatusAsync();
        var address = before.Prometheus!.Value.GetProperty("url").GetString()!;
        Assert.Contains($"Prometheus is ready on {address}", up.Errors, StringComparison.Ordinal);
        Assert.All(before.Servers.EnumerateArray(), server => Assert.StartsWith(
            "http://127.0.0.1:", server.GetProperty("metricsUrl").GetString(), StringComparison.Ordinal));
        await Eventually.IsTrueAsync(async () =>
            await CountAsync(address, "query?query=terse_server_ready==1", "result") == 4);
        Assert.True(await CountAsync(address, "rules?type=alert", "groups") > 0);

        FleetScript.Kill(before.Prometheus.Value);
        var killed = await fleet.StatusAsync();
        await UpAsync(fleet);
        var healed = await fleet.StatusAsync();
        var table = await fleet.RunAsync("status");
        Assert.Equal((0, 5), (before.ExitCode, before.Processes.Count()));
        Assert.Equal((1, 4), (killed.ExitCode, killed.Processes.Count()));
        Assert.Equal((0, 5), (healed.ExitCode, healed.Processes.Count()));
        Assert.Matches($"(?m)^prometheus +monitor +[0-9]+ +{address} +true$", table.Output);

        await fleet.RunAsync("down");
        Assert.DoesNotContain(healed.Processes, FleetScript.IsAlive);
    }

    [Fact]
    public async Task A_fleet_is_observed_only_after_it_was_stopped()
    {
        await using var fleet = new FleetScript();
        await UpAsync(fleet, "--servers", "1", "--replicas", "0");
        var link = await fleet.CreateAsync("https://example.com/");
        var refused = await fleet.RunAsync("up", "--observed");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("This fleet runs unobserved, ", refused.Errors, StringComparison.Ordinal);
        Assert.Null((await fleet.StatusAsync()).Prometheus);

        await fleet.RunAsync("down");
        await fleet.ForgetObservationAsync();
        await UpAsync(fleet, "--observed");
        Assert.NotNull((await fleet.StatusAsync()).Prometheus);
        Assert.Single(await fleet.FollowAsync(link, times: 1), HttpStatusCode.Redirect);

        await fleet.RunAsync("down");
        await UpAsync(fleet, "--unobserved");
        Assert.Null((await fleet.StatusAsync()).Prometheus);
    }

    private static async Task<CommandResult> UpAsync(FleetScript fleet, params string[] options)
    {
        var up = await fleet.RunAsync("up", options);
        Assert.True(up.ExitCode == 0, up.Errors);
        return up;
    }

    /// <summary>Sends a request to Prometheus, and counts the elements of a list in the answer.</summary>
    private static async Task<int> CountAsync(string address, string request, string list)
    {
        using var http = new HttpClient();
        var answer = await http.GetFromJsonAsync<JsonElement>(new Uri($"{address}/api/v1/{request}"));
        return answer.GetProperty("data").GetProperty(list).GetArrayLength();
    }
}
