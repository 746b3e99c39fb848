using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Changes of a fleet under load that counts every request.</summary>
public sealed class ChangedFleetTests
{
    /// <summary>How long an autoscaler may take on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task No_request_fails_while_servers_are_added_and_removed()
    {
        await using var fleet = await StartAsync("--servers", "2", "--replicas", "0");
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        await load.ContinueAsync(requests: 200);
        await RunAsync(fleet, "scale", "5");
        var large = await fleet.StatusAsync();
        await load.ContinueAsync(requests: 200);
        await RunAsync(fleet, "scale", "2");
        var small = await fleet.StatusAsync();
        await load.ContinueAsync(requests: 200);

        await AssertNoFailureAsync(load);
        Assert.Equal((0, 5), (large.ExitCode, large.Servers.GetArrayLength()));
        Assert.Equal((0, 2), (small.ExitCode, small.Servers.GetArrayLength()));
    }

    [Fact]
    public async Task No_request_fails_while_servers_are_replaced_and_a_bad_program_goes_back()
    {
        await using var fleet = await StartAsync("--servers", "2", "--replicas", "0");
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        var before = await fleet.StatusAsync();
        await RunAsync(fleet, "roll", "--to", Repository.Program);
        var rolled = await fleet.StatusAsync();
        var refused = await fleet.RunAsync("roll", "--to", "/bin/false");
        var back = await fleet.StatusAsync();

        await AssertNoFailureAsync(load);
        Assert.Equal((0, 2), (rolled.ExitCode, rolled.Servers.GetArrayLength()));
        // The balancer and the database.
        Assert.Equal(2, rolled.Processes.Intersect(before.Processes).Count());
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("The roll stopped at server1", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, back.ExitCode);
    }

    [Fact]
    public async Task No_request_fails_and_nothing_is_lost_in_a_switchover_and_back()
    {
        await using var fleet = await StartAsync("--servers", "2", "--replicas", "1");
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        await load.ContinueAsync(requests: 200);
        await RunAsync(fleet, "switchover", "--to", "db2");
        var switched = await fleet.StatusAsync();
        await load.ContinueAsync(requests: 200);
        await RunAsync(fleet, "switchover");
        var back = await fleet.StatusAsync();
        await load.ContinueAsync(requests: 200);

        await AssertNoFailureAsync(load);
        Assert.Equal(["replica", "primary"], switched.Roles);
        Assert.Equal(["primary", "replica"], back.Roles);
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
            await AssertNoFailureAsync(load);
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

    private static async Task AssertNoFailureAsync(CountedLoad load)
    {
        await load.StopAsync();
        Assert.True(load.Failures.Count == 0, string.Join(Environment.NewLine, load.Failures));
        Assert.NotEmpty(load.Created);
    }
}
