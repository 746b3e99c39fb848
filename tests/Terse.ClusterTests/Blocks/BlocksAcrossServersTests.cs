using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class BlocksAcrossServersTests
{
    private static readonly Uri Blocks = new("/api/v1/blocks", UriKind.Relative);

    [Fact]
    public async Task A_block_and_its_removal_reach_the_cached_links_of_another_server_within_a_second()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var times = new List<TimeSpan>();
        for (var round = 0; round < 3; round++)
        {
            var code = await RetryingClient.CreateAsync(first, "https://evil.example/");
            await Eventually.IsTrueAsync(async () => await StatusAsync(second, code) == HttpStatusCode.Found);

            await BlockAsync(first, "evil.example");
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(first, code));
            times.Add(await MeasureAsync(second, code, HttpStatusCode.Forbidden));

            using var removed = await first.Http.DeleteAsync(
                new Uri($"{Blocks}/evil.example", UriKind.Relative));
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
            Assert.Equal(HttpStatusCode.Found, await StatusAsync(first, code));
            times.Add(await MeasureAsync(second, code, HttpStatusCode.Found));
        }

        // The machine may be busy at times.
        Assert.InRange(times.Min(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    /// <summary>
    /// The server is suspended until its row in the table of servers, which it writes every 5 s, is 9 s old.
    /// When it resumes, requests wait already, and the notification of the block is behind them.
    /// </summary>
    [Fact]
    public async Task A_server_that_was_suspended_while_a_host_was_blocked_follows_no_link_to_it()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var blocking = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var suspended = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var code = await RetryingClient.CreateAsync(blocking, "https://evil.example/");
        await Eventually.IsTrueAsync(async () => await StatusAsync(suspended, code) == HttpStatusCode.Found);
        List<Task<HttpStatusCode>> waiting;
        suspended.Pause();
        try
        {
            waiting = [.. Enumerable.Range(0, 20).Select(_ => StatusAsync(suspended, code))];
            await BlockAsync(blocking, "evil.example");
            await Eventually.IsTrueAsync(async () => await postgres.Primary.ReadAsync(
                "SELECT count(*) FROM server WHERE seen_at < clock_timestamp() - interval '9 s'") == 1);
        }
        finally
        {
            suspended.Resume();
        }

        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(HttpStatusCode.Forbidden, status));
    }

    private static async Task BlockAsync(TerseProcess server, string host)
    {
        using var response = await server.Http.PostAsJsonAsync(Blocks, new { host });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private static async Task<TimeSpan> MeasureAsync(
        TerseProcess server, string code, HttpStatusCode expected)
    {
        var begin = Stopwatch.GetTimestamp();
        await Eventually.IsTrueAsync(async () => await StatusAsync(server, code) == expected);
        return Stopwatch.GetElapsedTime(begin);
    }

    private static async Task<HttpStatusCode> StatusAsync(TerseProcess server, string code)
    {
        using var response = await server.Http.GetAsync(new Uri($"/{code}", UriKind.Relative));
        return response.StatusCode;
    }
}
