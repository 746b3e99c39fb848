using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests Terse servers while the primary is lost, is replaced, or moves to another place.</summary>
public sealed class LostPrimaryTests
{
    [Fact]
    public async Task A_server_starts_without_a_primary_redirects_and_creates_links_after_the_promotion()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1, isSynchronous: true);
        string code;
        await using (var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings))
        {
            code = await RetryingClient.CreateAsync(first, "https://example.com/");
            Assert.Equal(0, await first.StopAsync());
        }

        await postgres.Replicas[0].CatchUpAsync(postgres.Primary);
        await postgres.Primary.KillAsync();
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        Assert.Equal("https://example.com/", await server.FollowAsync(code));
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "/readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusOfAsync(server, "/readyz/creations"));

        var later = server.CreateCodeAsync("https://example.com/later");
        await postgres.FailOverAsync();
        Assert.NotNull(await later);
    }

    [Fact]
    public async Task A_planned_switchover_fails_no_creation_and_no_change()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1, isSynchronous: true);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        using var enough = new CancellationTokenSource();
        var statuses = new ConcurrentQueue<HttpStatusCode>();
        var codes = new List<string>();
        for (var link = 0; link < 3; link++)
            codes.Add(await RetryingClient.CreateAsync(server, $"https://example.com/{link}"));
        List<Task> clients =
        [
            .. Enumerable.Range(0, 3).Select(client => RepeatAsync(
                () => server.CreateAsync($"https://example.com/new/{client}"), statuses, enough.Token)),
            .. codes.Select(code => RepeatAsync(
                () => ChangeAsync(server, code, statuses.Count), statuses, enough.Token)),
        ];
        await WaitForMoreAsync(statuses);
        await postgres.SwitchOverAsync();
        await WaitForMoreAsync(statuses);
        await enough.CancelAsync();
        await Task.WhenAll(clients);

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.Created], statuses.Distinct().Order());
    }

    /// <summary>
    /// After the failover, the old installation is on timeline 2, and the new installation is on timeline 1.
    /// </summary>
    [Fact]
    public async Task A_server_starts_over_when_the_database_moves_to_an_installation_on_a_lower_timeline()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1, isSynchronous: true);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await RetryingClient.CreateAsync(server, "https://example.com/first");
        await postgres.FailOverAsync();
        var kept = await RetryingClient.CreateAsync(server, "https://example.com/kept");
        var lost = "";
        await postgres.MoveAsync(async () =>
        {
            lost = await RetryingClient.CreateAsync(server, "https://example.com/lost");
            Assert.Equal("https://example.com/lost", await RetryingClient.FollowAsync(server, lost));
        });

        var created = await RetryingClient.CreateAsync(server, "https://example.com/new");
        Assert.Equal("https://example.com/new", await RetryingClient.FollowAsync(server, created));
        Assert.Equal("https://example.com/kept", await RetryingClient.FollowAsync(server, kept));
        await Eventually.IsTrueAsync(async () => await RetryingClient.FollowAsync(server, lost) is null);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "/readyz"));
        Assert.Equal(1, await postgres.Primary.ReadAsync(
            "SELECT count(*) FROM horizon, pg_control_system() AS c WHERE timeline = 1 "
            + "AND horizon.system_identifier = c.system_identifier"));
    }

    private static async Task<HttpStatusCode> StatusOfAsync(TerseProcess server, string path)
    {
        using var answer = await server.Http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }

    private static async Task RepeatAsync(
        Func<Task<HttpResponseMessage>> request,
        ConcurrentQueue<HttpStatusCode> statuses,
        CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            using var response = await request();
            statuses.Enqueue(response.StatusCode);
        }
    }

    private static Task<HttpResponseMessage> ChangeAsync(TerseProcess server, string code, int version) =>
        server.Http.PatchAsJsonAsync(
            new Uri($"api/v1/links/{code}", UriKind.Relative),
            new { target = $"https://example.com/changed/{version}" });

    private static Task WaitForMoreAsync(ConcurrentQueue<HttpStatusCode> statuses)
    {
        var before = statuses.Count;
        return Eventually.IsTrueAsync(() => Task.FromResult(statuses.Count > before + 50));
    }
}
