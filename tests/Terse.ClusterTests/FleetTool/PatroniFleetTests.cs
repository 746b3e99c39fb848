using System.Net;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of <c>./fleet up --failover patroni</c>, under load that counts every request.</summary>
public sealed class PatroniFleetTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Servers leave a replaced primary within 5 s. A busy machine may take three times as long.
    /// </summary>
    private static readonly TimeSpan FollowLimit = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task No_redirect_fails_and_no_link_is_lost_when_a_primary_with_a_synchronous_replica_dies()
    {
        await using var fleet = await StartAsync("--synchronous");
        var (primary, replica) = await FindRolesAsync(fleet);
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        await load.ContinueAsync(requests: 500);

        await RunAsync(fleet, "kill", primary.Name);
        await load.CreateMoreAsync(links: 100, Limit);
        await load.StopAsync((await fleet.StatusAsync()).ServerUrls);
        Report(load);

        // Each server has found each link, with its target.
        Assert.Empty(load.FailedRedirects);
        // The client waits 15 s for the answer to each.
        Assert.InRange(load.FailedCreations.Count(), 0, 2);

        await RunAsync(fleet, "up");
        Assert.Equal((replica.Name, primary.Name), NamesOf(await FindRolesAsync(fleet)));
        await RunAsync(fleet, "switchover");
        var healed = await fleet.StatusAsync();
        Assert.Equal((primary.Name, replica.Name), NamesOf(await FindRolesAsync(fleet)));
        await RunAsync(fleet, "down");
        Assert.DoesNotContain(healed.Processes, FleetScript.IsAlive);
    }

    /// <summary>
    /// The database of the killed Patroni goes on as a second primary. A Terse server that reaches only this
    /// database, as after a partition, still creates links there.
    /// </summary>
    [Fact]
    public async Task When_Patroni_dies_alone_servers_follow_the_later_primary_and_no_code_has_two_targets()
    {
        await using var fleet = await StartAsync();
        var (old, successor) = await FindRolesAsync(fleet);
        await using var load = await CountedLoad.StartAsync(fleet.Balancer);
        await load.ContinueAsync(requests: 500);

        var servers = (await fleet.StatusAsync()).ServerUrls.ToList();
        FleetScript.Kill(old.Part);
        await Eventually.IsTrueAsync(async () => !await IsReplicaAsync(successor), Limit);
        var promotion = TimeProvider.System.GetTimestamp();
        await Eventually.IsTrueAsync(async () => await FollowAsync(servers, successor), FollowLimit);
        output.WriteLine($"All servers followed after {TimeProvider.System.GetElapsedTime(promotion)}.");
        Assert.Equal(["primary", "primary"], (await fleet.StatusAsync()).Roles);
        await CreateOnBothAsync(fleet, old, "both");
        await load.ContinueAsync(requests: 500);
        await load.StopAsync(servers);
        Report(load);
        var lost = await FindLostAsync(load, old, successor);
        output.WriteLine($"{lost.Count} of {load.Created.Count} links are lost.");

        // What an old primary acknowledged after the promotion is lost, but on every server.
        Assert.All(load.FailedRedirects, failed => Assert.Contains(failed.Address.AbsolutePath[1..], lost));
        Assert.Empty(load.FailedCreations);
        await AssertTargetAsync(servers, "both", "https://example.com/later");

        // When its Patroni starts again, the old primary gives up what only it has, and follows.
        await RunAsync(fleet, "up");
        Assert.Equal((successor.Name, old.Name), NamesOf(await FindRolesAsync(fleet)));
        await AssertTargetAsync(servers, "both", "https://example.com/later");
        Assert.Equal("https://example.com/later", (await ReadTargetsAsync(old))["both"]);
    }

    private static async Task<FleetScript> StartAsync(params string[] options)
    {
        var fleet = new FleetScript();
        await RunAsync(
            fleet, "up", ["--servers", "2", "--replicas", "1", "--failover", "patroni", .. options]);
        return fleet;
    }

    /// <summary>
    /// Waits until there are one primary and one replica. On a busy machine, a database may take long to
    /// answer.
    /// </summary>
    private static async Task<(Database Primary, Database Replica)> FindRolesAsync(FleetScript fleet)
    {
        List<Database> databases = [];
        await Eventually.IsTrueAsync(
            async () =>
            {
                databases =
                [
                    .. from part in (await fleet.StatusAsync()).Databases.EnumerateArray()
                       let role = part.GetProperty("role").GetString()
                       orderby role
                       select new Database(part.GetProperty("name").GetString()!, role, part),
                ];
                return databases.Select(database => database.Role).SequenceEqual(["primary", "replica"]);
            },
            Limit);
        return (databases[0], databases[1]);
    }

    private static (string Primary, string Replica) NamesOf((Database Primary, Database Replica) roles) =>
        (roles.Primary.Name, roles.Replica.Name);

    private static async Task<bool> IsReplicaAsync(Database database) =>
        await FleetScript.QueryAsync(database.Part, "SELECT pg_is_in_recovery()") is true;

    /// <summary>Whether each server uses a database as the primary, and no other.</summary>
    private static async Task<bool> FollowAsync(IEnumerable<Uri> servers, Database primary)
    {
        var port = $":{primary.Part.GetProperty("port").GetInt32()}";
        using var http = new HttpClient();
        foreach (var server in servers)
        {
            var fleet = JsonElement.Parse(await http.GetStringAsync(new Uri(server, "/api/v1/fleet")));
            var primaries =
                from host in fleet.GetProperty("hosts").EnumerateArray()
                where host.GetProperty("state").GetString() is "primary"
                select host.GetProperty("name").GetString();
            if (primaries.SingleOrDefault()?.EndsWith(port, StringComparison.Ordinal) is not true)
                return false;
        }

        return true;
    }

    /// <summary>Creates the same code on the old primary and, through the balancer, on the later one.
    /// </summary>
    private static async Task CreateOnBothAsync(FleetScript fleet, Database old, string code)
    {
        var host = PostgresServer.ConnectionStringBy(old.Part.GetProperty("port").GetInt32());
        await using var partitioned = await TerseProcess.ServeAsync([host]);
        using var created = await partitioned.CreateAsync("https://example.com/old", code);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await fleet.CreateAsync("https://example.com/later", code);
    }

    /// <summary>
    /// Returns the codes of the acknowledged links that the later primary does not have. The old primary has
    /// them. No acknowledged code leads to another target on either.
    /// </summary>
    private static async Task<HashSet<string>> FindLostAsync(
        CountedLoad load, Database old, Database successor)
    {
        var (kept, former) = (await ReadTargetsAsync(successor), await ReadTargetsAsync(old));
        var lost = new HashSet<string>(StringComparer.Ordinal);
        foreach (var link in load.Created)
        {
            var code = link.ShortUrl.AbsolutePath[1..];
            if (!kept.ContainsKey(code))
                lost.Add(code);
            Assert.Equal(link.Target, kept.GetValueOrDefault(code, link.Target));
            Assert.Equal(link.Target, former.GetValueOrDefault(code, link.Target));
            Assert.True(kept.ContainsKey(code) || former.ContainsKey(code), $"{code} is nowhere.");
        }

        return lost;
    }

    /// <summary>Reads the targets of all codes.</summary>
    private static async Task<Dictionary<string, string>> ReadTargetsAsync(Database database) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>((string)(await FleetScript.QueryAsync(
            database.Part, "SELECT json_object_agg(code, target)::text FROM link"))!)!;

    private static async Task AssertTargetAsync(IEnumerable<Uri> servers, string code, string target)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        foreach (var server in servers)
        {
            using var answer = await http.GetAsync(new Uri(server, code));
            Assert.Equal(target, answer.Headers.Location?.OriginalString);
        }
    }

    private void Report(CountedLoad load)
    {
        output.WriteLine($"{load.Requests} requests, {load.Created.Count} links created");
        output.WriteLine($"longest time between two creations: {load.LongestPause}");
        foreach (var failure in load.Failures)
            output.WriteLine(failure.ToString());
    }

    private static async Task RunAsync(FleetScript fleet, string command, params string[] options)
    {
        var result = await fleet.RunAsync(command, options);
        Assert.True(result.ExitCode == 0, result.Errors);
    }

    private sealed record Database(string Name, string? Role, JsonElement Part);
}
