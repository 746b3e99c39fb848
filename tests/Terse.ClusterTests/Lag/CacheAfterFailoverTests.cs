using System.Net;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests which cached links a Terse server serves after a failover: the server cannot know which changes it
/// missed, and does not ask the new primary for all links at once. Without a failover, a cached link lives
/// for an hour.
/// </summary>
public sealed class CacheAfterFailoverTests(ITestOutputHelper output)
{
    private const string Old = "https://example.com/old";
    private const string New = "https://example.com/new";
    private const int Links = 100;

    [Fact]
    public async Task After_a_failover_followed_links_are_served_from_memory_while_they_are_confirmed()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2, isSynchronous: true);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var figures = await ProcessFigures.OfAsync(server);
        var codes = await CreateAsync(server);
        await FollowAllAsync(server, codes);
        using var over = new CancellationTokenSource();
        var following = FollowUntilAsync(server, codes, over.Token);
        var before = await figures.ReadAsync();
        await WaitUntilConfirmedAsync(figures, await FailOverAsync(postgres, figures));
        await over.CancelAsync();
        var failed = await following;
        var after = await figures.ReadAsync();

        var misses = after["terse.cache.misses"] - before["terse.cache.misses"];
        output.WriteLine(
            $"{misses} misses, "
            + $"{after["terse.lookups primary"] - before["terse.lookups primary"]} lookups on the primary, "
            + $"{after["terse.lookups replica"] - before["terse.lookups replica"]} on replicas, "
            + $"{failed} requests failed");
        Assert.Equal(Links, after["terse.cache.entries"]);
        Assert.InRange(misses, 0, Links / 4);
        Assert.Equal(0, failed);
    }

    [Fact]
    public async Task A_change_and_a_deletion_that_the_failover_kept_replace_the_cached_links()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2, isSynchronous: true);
        await using var servers = await TestServers.StartAsync(postgres, count: 2);
        var (changer, other) = (servers.All[0].Process, servers.All[1]);
        var codes = await CreateAsync(changer);
        await FollowAllAsync(other.Process, codes);
        await using var figures = await ProcessFigures.OfAsync(other.Process);
        var proxy = other.Network.To(postgres.Primary);
        proxy.BlackHole();
        await ChangeAsync(changer, codes[0]);
        await DeleteAsync(changer, codes[1]);
        await FailOverAsync(postgres, figures);
        var begin = TimeProvider.System.GetTimestamp();
        await Eventually.IsTrueAsync(async () =>
            await other.Process.FollowAsync(codes[0]) == New
            && await other.Process.FollowAsync(codes[1]) is null);

        var time = TimeProvider.System.GetElapsedTime(begin);
        output.WriteLine($"Served {time.TotalMilliseconds:0} ms after the feed was connected.");
    }

    /// <summary>
    /// The replica receives nothing any more, so the failover loses the link. The server has cached the link.
    /// </summary>
    [Fact]
    public async Task A_cached_link_that_the_failover_lost_is_not_found_once_the_new_primary_is_known()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var figures = await ProcessFigures.OfAsync(server);
        await CreateAsync(server);
        await postgres.Replicas[0].ExecuteAsync("ALTER SYSTEM SET primary_conninfo = ''");
        await postgres.Replicas[0].ExecuteAsync("SELECT pg_reload_conf()");
        await Eventually.IsTrueAsync(async () => await postgres.Primary.ReadAsync(
            "SELECT count(*) FROM pg_stat_replication") == 0);
        var lost = await RetryingClient.CreateAsync(server, Old);
        Assert.Equal(Old, await RetryingClient.FollowAsync(server, lost));
        await FailOverAsync(postgres, figures);

        await Eventually.IsTrueAsync(async () =>
        {
            using var answer = await server.Http.GetAsync(new Uri(lost, UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.NotFound;
        });
        Assert.Equal(0, await postgres.Primary.ReadAsync($"SELECT count(*) FROM link WHERE code = '{lost}'"));
    }

    /// <summary>
    /// Kills the primary, promotes a replica, and waits until the server's change feed is connected to the
    /// new primary. Returns the first figures of the server after that.
    /// </summary>
    private static async Task<FigureReading> FailOverAsync(PostgresCluster postgres, ProcessFigures figures)
    {
        const string Connections = "terse.feed.connections";
        var reading = await figures.ReadAsync();
        var before = reading[Connections];
        await postgres.FailOverAsync();
        await Eventually.IsTrueAsync(async () =>
            (reading = await figures.ReadAsync())[Connections] > before);
        return reading;
    }

    private static Task<string[]> CreateAsync(TerseProcess server) => Task.WhenAll(
        Enumerable.Range(0, Links).Select(_ => RetryingClient.CreateAsync(server, Old)));

    private static async Task ChangeAsync(TerseProcess server, string code)
    {
        using var answer = await server.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target = New });
        answer.EnsureSuccessStatusCode();
    }

    private static async Task DeleteAsync(TerseProcess server, string code)
    {
        using var answer = await server.Http.DeleteAsync(new Uri($"/api/v1/links/{code}", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
    }

    private static async Task FollowAllAsync(TerseProcess server, IEnumerable<string> codes)
    {
        foreach (var code in codes)
            Assert.Equal(Old, await RetryingClient.FollowAsync(server, code));
    }

    /// <summary>
    /// Follows all links again and again. Returns how many requests were not answered with the target.
    /// </summary>
    private static async Task<int> FollowUntilAsync(
        TerseProcess server, string[] codes, CancellationToken over)
    {
        var failed = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        for (var request = 0; !over.IsCancellationRequested; request++)
        {
            using var answer = await server.Http.GetAsync(
                new Uri(codes[request % codes.Length], UriKind.Relative), CancellationToken.None);
            failed += answer.Headers.Location?.OriginalString == Old ? 0 : 1;
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        return failed;
    }

    /// <summary>Waits until the server has looked up all links again since the feed is connected.</summary>
    private static Task WaitUntilConfirmedAsync(ProcessFigures figures, FigureReading connected) =>
        Eventually.IsTrueAsync(async () =>
        {
            var now = await figures.ReadAsync();
            return Lookups(now) - Lookups(connected) >= Links * 3 / 4;
        });

    private static long Lookups(FigureReading reading) =>
        reading["terse.lookups primary"] + reading["terse.lookups replica"];
}
