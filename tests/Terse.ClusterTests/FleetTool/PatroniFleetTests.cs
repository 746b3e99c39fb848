using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of <c>./fleet up --failover patroni</c>.</summary>
public sealed class PatroniFleetTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_killed_primary_is_replaced_by_itself_and_becomes_a_replica_when_it_starts_again()
    {
        await using var fleet = new FleetScript();
        await RunAsync(fleet, "up", "--servers", "2", "--replicas", "1", "--failover", "patroni");
        var link = await fleet.CreateAsync("https://example.com/");
        var before = await WaitForRolesAsync(fleet, _ => true);
        var primary = before.Roles.First() is "primary" ? 0 : 1;
        await RunAsync(fleet, "kill", $"db{primary + 1}");
        Assert.All(await fleet.FollowAsync(link, times: 20), IsRedirect);
        await Eventually.IsTrueAsync(
            async () => (await fleet.StatusAsync()).Roles.ElementAt(1 - primary) is "primary", Limit);
        await Eventually.IsTrueAsync(async () => await CreatesAsync(fleet), Limit);
        await RunAsync(fleet, "up");
        var healed = await WaitForRolesAsync(fleet, roles => roles[primary] is "replica");
        Assert.Equal(0, healed.ExitCode);
        Assert.All(await fleet.FollowAsync(link, times: 5), IsRedirect);

        await RunAsync(fleet, "switchover");
        await WaitForRolesAsync(fleet, roles => roles[primary] is "primary");
        await RunAsync(fleet, "down");
        Assert.DoesNotContain(healed.Processes, FleetScript.IsAlive);
    }

    /// <summary>
    /// Waits until there are one primary and one replica, as expected. On a busy machine, a database may
    /// take long to answer.
    /// </summary>
    private static async Task<FleetStatus> WaitForRolesAsync(
        FleetScript fleet, Func<IReadOnlyList<string?>, bool> isExpected)
    {
        FleetStatus? status = null;
        await Eventually.IsTrueAsync(
            async () =>
            {
                status = await fleet.StatusAsync();
                List<string?> roles = [.. status.Roles];
                return isExpected(roles)
                    && roles.Order(StringComparer.Ordinal).SequenceEqual(["primary", "replica"]);
            },
            Limit);
        return status!;
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
