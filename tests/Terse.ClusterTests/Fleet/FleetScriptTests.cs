using System.Net;
using System.Net.Sockets;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of the script <c>./fleet</c>, which starts HAProxy, Terse servers, a primary and its replicas.
/// </summary>
public sealed class FleetScriptTests
{
    [Fact]
    public async Task All_requests_are_redirected_while_a_server_is_killed_and_up_starts_the_server_again()
    {
        await using var fleet = new FleetScript();
        await UpAsync(fleet, "--servers", "2", "--replicas", "1");
        var link = await fleet.CreateAsync("https://example.com/");
        Assert.All(await fleet.FollowAsync(link, times: 20), IsRedirect);
        var before = await fleet.StatusAsync();

        var following = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fleet.FollowAsync(link, times: 250)));
        FleetScript.Kill(before.Servers[0]);
        Assert.All((await following).SelectMany(statuses => statuses), IsRedirect);
        var killed = await fleet.StatusAsync();
        await UpAsync(fleet);
        var healed = await fleet.StatusAsync();
        var down = await fleet.RunAsync("down");
        var after = await fleet.StatusAsync();

        Assert.Equal((0, 5, 5), (before.ExitCode, before.All.Count(), before.Processes.Count()));
        Assert.Equal((1, 4), (killed.ExitCode, killed.Processes.Count()));
        Assert.False(killed.Servers[0].GetProperty("alive").GetBoolean());
        Assert.Equal((0, 5), (healed.ExitCode, healed.Processes.Count()));
        Assert.Equal(4, healed.Processes.Intersect(before.Processes).Count());
        Assert.Equal(0, down.ExitCode);
        Assert.DoesNotContain(healed.Processes, FleetScript.IsAlive);
        Assert.Equal((1, 5, 0), (after.ExitCode, after.All.Count(), after.Processes.Count()));
    }

    [Fact]
    public async Task After_a_failover_the_old_primary_becomes_a_replica()
    {
        const long Links = 2; // One link of this test, and one link that `up` creates.
        await using var fleet = new FleetScript();
        await UpAsync(fleet, "--servers", "1", "--replicas", "1");
        var link = await fleet.CreateAsync("https://example.com/");
        var before = await fleet.StatusAsync();
        var successor = before.Databases[1];
        await Eventually.IsTrueAsync(async () =>
            await FleetScript.QueryAsync(successor, "SELECT count(*) FROM link") is >= Links);

        FleetScript.Kill(before.Databases[0]);
        await FleetScript.QueryAsync(successor, "SELECT pg_promote()");
        var failedOver = await fleet.StatusAsync();
        await UpAsync(fleet);
        var healed = await fleet.StatusAsync();

        Assert.Equal(["primary", "replica"], before.Roles);
        Assert.Equal(["unknown", "primary"], failedOver.Roles);
        Assert.Equal(["replica", "primary"], healed.Roles);
        Assert.All(await fleet.FollowAsync(link, times: 5), IsRedirect);
    }

    [Fact]
    public async Task A_killed_fleet_starts_again_with_its_links_and_its_size()
    {
        await using var fleet = new FleetScript();
        await UpAsync(fleet, "--servers", "1", "--replicas", "0");
        var link = await fleet.CreateAsync("https://example.com/");
        foreach (var part in (await fleet.StatusAsync()).All)
            FleetScript.Kill(part);
        await UpAsync(fleet);

        Assert.Equal(3, (await fleet.StatusAsync()).All.Count());
        Assert.All(await fleet.FollowAsync(link, times: 5), IsRedirect);
    }

    [Fact]
    public async Task Up_passes_over_a_port_that_is_in_use_and_keeps_the_other_port()
    {
        await using var fleet = new FleetScript();
        CommandResult up;
        using (var other = new TcpListener(IPAddress.Loopback, fleet.Port + 2))
        {
            other.Start();
            up = await fleet.RunAsync("up", "--servers", "1", "--replicas", "0");
        }

        var before = await fleet.StatusAsync();
        await fleet.RunAsync("down");
        await UpAsync(fleet);

        Assert.Equal(0, up.ExitCode);
        Assert.StartsWith(
            $"Port {fleet.Port + 2}, for db1, is in use by another program; db1 gets port {fleet.Port + 4}.",
            up.Errors,
            StringComparison.Ordinal);
        Assert.Equal(fleet.Port + 4, before.Databases[0].GetProperty("port").GetInt32());
        Assert.Equal(
            fleet.Port + 4, (await fleet.StatusAsync()).Databases[0].GetProperty("port").GetInt32());
    }

    [Fact]
    public async Task A_fleet_with_data_keeps_its_port()
    {
        await using var fleet = new FleetScript();
        await UpAsync(fleet, "--servers", "1", "--replicas", "0", "--zones", "east,west");
        await fleet.RunAsync("down");
        var port = $"{fleet.Port + 100}";
        var refused = await fleet.RunWithoutPortAsync("up", "--port", port);
        using var other = new TcpListener(IPAddress.Loopback, fleet.Port);
        other.Start();
        var occupied = await fleet.RunAsync("up");

        Assert.Equal((1, 1), (refused.ExitCode, occupied.ExitCode));
        Assert.StartsWith(
            $"The short URLs of this fleet carry port {fleet.Port}",
            refused.Errors,
            StringComparison.Ordinal);
        Assert.StartsWith(
            $"Port {fleet.Port}, for balancer, is in use", occupied.Errors, StringComparison.Ordinal);
        var status = await fleet.StatusAsync();
        Assert.Empty(status.Processes);
        Assert.Equal("east", status.Servers[0].GetProperty("zone").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("8080 3 2 unobs")]
    [InlineData("8080 3")]
    [InlineData("x y z observed\n")]
    public async Task A_damaged_layout_is_an_error_until_it_is_mended(string layout)
    {
        await using var fleet = new FleetScript();
        await fleet.WriteLayoutAsync(layout);
        foreach (var command in new[] { "status", "down", "up" })
        {
            var refused = await fleet.RunAsync(command);

            Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
            Assert.Contains("/layout is damaged", refused.Errors, StringComparison.Ordinal);
        }

        await fleet.WriteLayoutAsync("8080 3 2 unobserved\n"); // The message says to write this.
        Assert.Equal(0, (await fleet.RunAsync("down")).ExitCode);
    }

    [Theory]
    [InlineData("sideways")]
    [InlineData("up", "--servers", "0")]
    [InlineData("up", "--servers")]
    [InlineData("up", "--replicas", "6")]
    [InlineData("up", "--port", "80")]
    [InlineData("up", "--port", "65001")]
    [InlineData("up", "--json")]
    [InlineData("up", "--zones", "a,,b")]
    [InlineData("down", "--port", "8080")]
    [InlineData("status", "--observed")]
    public async Task A_wrong_command_line_is_refused_with_the_usage(params string[] arguments)
    {
        var result = await Command.RunAsync(Path.Combine(Repository.Root, "fleet"), arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("./fleet up [--servers 3]", result.Errors, StringComparison.Ordinal);
    }

    private static async Task UpAsync(FleetScript fleet, params string[] options)
    {
        var up = await fleet.RunAsync("up", options);
        Assert.True(up.ExitCode == 0, up.Errors);
    }

    private static void IsRedirect(HttpStatusCode status) => Assert.Equal(HttpStatusCode.Redirect, status);
}
