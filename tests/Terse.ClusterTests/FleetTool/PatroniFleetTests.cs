using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of <c>./fleet up --failover patroni</c>.</summary>
public sealed class PatroniFleetTests
{
    [Fact]
    public async Task A_killed_primary_is_replaced_by_itself_and_becomes_a_replica_when_it_starts_again()
    {
        await using var fleet = new FleetScript();
        await RunAsync(fleet, "up", "--servers", "2", "--replicas", "1", "--failover", "patroni");
        var before = await fleet.StatusAsync();
        var link = await fleet.CreateAsync("https://example.com/");
        var primary = before.Roles.First() is "primary" ? 0 : 1;
        await RunAsync(fleet, "kill", $"db{primary + 1}");
        Assert.All(await fleet.FollowAsync(link, times: 20), IsRedirect);
        await Eventually.IsTrueAsync(
            async () => (await fleet.StatusAsync()).Roles.ElementAt(1 - primary) is "primary");
        await Eventually.IsTrueAsync(async () => await CreatesAsync(fleet));
        await RunAsync(fleet, "up");
        var healed = await fleet.StatusAsync();

        Assert.Equal(["primary", "replica"], before.Roles.Order(StringComparer.Ordinal));
        Assert.Equal((0, "replica"), (healed.ExitCode, healed.Roles.ElementAt(primary)));
        Assert.All(await fleet.FollowAsync(link, times: 5), IsRedirect);

        await RunAsync(fleet, "switchover");
        Assert.Equal("primary", (await fleet.StatusAsync()).Roles.ElementAt(primary));
        await RunAsync(fleet, "down");
        Assert.DoesNotContain(healed.Processes, FleetScript.IsAlive);
    }

    private static async Task<bool> CreatesAsync(FleetScript fleet)
    {
        try
        {
            await fleet.CreateAsync("https://example.com/");
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task RunAsync(FleetScript fleet, string command, params string[] options)
    {
        var result = await fleet.RunAsync(command, options);
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    private static void IsRedirect(HttpStatusCode status) => Assert.Equal(HttpStatusCode.Redirect, status);
}
