using System.Net;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of a zone of which all servers and databases are suspended, as when it loses its network, under load
/// that counts every request. The balancer repeats a redirect on another server.
/// </summary>
public sealed class DarkZoneTests(ITestOutputHelper output)
{
    /// <summary>The client that creates links and the one that changes a link wait for one answer each.
    /// </summary>
    private const int InFlight = 2;

    /// <summary>How many clients follow links. Each waits for one answer, perhaps of the primary.</summary>
    private const int Followers = 4;

    [Fact]
    public async Task While_a_zone_is_dark_every_link_is_followed_and_the_zone_comes_back_by_itself()
    {
        await using var fleet = new FleetScript();
        await RunAsync(fleet, "up", "--servers", "2", "--replicas", "1", "--zones", "a,b");
        var status = await fleet.StatusAsync();
        Assert.Equal(["primary", "replica"], status.Roles);
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        await load.ContinueAsync(requests: 500);

        // The replica and a server.
        await RunAsync(fleet, "pause", "b");
        await load.ContinueAsync(requests: 1000);
        await load.CreateMoreAsync(links: 50);
        await RunAsync(fleet, "resume", "b");
        await BackAsync(status);
        await load.ContinueAsync(requests: 200);
        Report(load, "zone b");
        Assert.Empty(load.FailedRedirects);
        Assert.InRange(load.Failures.Count, 0, InFlight);

        // The primary and a server: no link can be created, but all are followed. The replica has them all.
        await FleetScript.QueryAsync(
            status.Databases[0], "ALTER SYSTEM SET synchronous_standby_names = 'db2'");
        await FleetScript.QueryAsync(status.Databases[0], "SELECT pg_reload_conf()");
        await load.CreateMoreAsync(links: 50);
        await RunAsync(fleet, "pause", "a");
        await LoseAsync(status.ServerUrls.Last());
        await load.ContinueAsync(requests: 2000);
        await RunAsync(fleet, "resume", "a");
        await BackAsync(status);
        await load.CreateMoreAsync(links: 50);
        await load.StopAsync(status.ServerUrls);
        Report(load, "both zones");
        // Only what was in flight at the primary may fail: a link or a change that no replica had yet.
        Assert.InRange(load.FailedRedirects.Count(), 0, Followers);
        Assert.All(load.FailedRedirects, redirect =>
            Assert.StartsWith("ServiceUnavailable", redirect.Reason, StringComparison.Ordinal));
    }

    /// <summary>Waits until a server has found that the primary is lost.</summary>
    private static async Task LoseAsync(Uri server)
    {
        using var http = new HttpClient();
        await Eventually.IsTrueAsync(async () =>
        {
            using var ready = await http.GetAsync(new Uri(server, "/readyz/creations"));
            return ready.StatusCode is HttpStatusCode.ServiceUnavailable;
        });
    }

    /// <summary>Waits until all servers are ready, and each one reads from all databases.</summary>
    private static async Task BackAsync(FleetStatus status)
    {
        using var http = new HttpClient();
        foreach (var server in status.ServerUrls)
        {
            await Eventually.IsTrueAsync(async () =>
            {
                using var ready = await http.GetAsync(new Uri(server, "/readyz/creations"));
                if (ready.StatusCode is not HttpStatusCode.OK)
                    return false;
                var fleet = JsonElement.Parse(await http.GetStringAsync(new Uri(server, "/api/v1/fleet")));
                return fleet.GetProperty("hosts").EnumerateArray()
                    .Select(host => host.GetProperty("state").GetString())
                    .SequenceEqual(["primary", "inRotation"]);
            });
        }
    }

    private void Report(CountedLoad load, string what)
    {
        output.WriteLine($"{what}: {load.Requests} requests, {load.Created.Count} links created");
        output.WriteLine($"longest time between two creations: {load.LongestPause}");
        foreach (var failure in load.Failures)
            output.WriteLine(failure.ToString());
    }

    private static async Task RunAsync(FleetScript fleet, string command, params string[] options)
    {
        var result = await fleet.RunAsync(command, options);
        Assert.True(result.ExitCode == 0, result.Errors);
    }
}
