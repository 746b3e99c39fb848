using System.Net;
using System.Net.Sockets;
using System.Text;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests creations with an Idempotency-Key. A load balancer may send the repetition of a creation to a
/// different server than the first attempt, so these tests do the same.
/// </summary>
public sealed class IdempotencyAcrossServersTests
{
    private const string Host = "s.localhost";

    [Fact]
    public async Task A_creation_whose_response_was_lost_is_replayed_by_another_server()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await postgres.Replicas[0].PauseReplayAsync();
        using (var lost = new TcpClient())
        {
            await lost.ConnectAsync(first.Http.BaseAddress!.Host, first.Http.BaseAddress.Port);
            await lost.GetStream().WriteAsync(RawRequest("key", "https://example.com/"));
            await Eventually.IsTrueAsync(async () => await CountAsync(postgres, "link") == 1);
        }

        await first.KillAsync();
        using var retry = await PostAsync(second, "key", "https://example.com/");
        using var again = await PostAsync(second, "key", "https://example.com/");
        using var other = await PostAsync(second, "key", "https://example.com/other");

        Assert.Equal(HttpStatusCode.Created, retry.StatusCode);
        Assert.Equal(["true"], retry.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(await retry.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal(1, await CountAsync(postgres, "link"));
        var code = retry.Headers.Location!.OriginalString.Split('/')[^1];
        Assert.Equal("https://example.com/", await second.FollowAsync(code));
    }

    [Fact]
    public async Task Concurrent_retries_on_two_servers_make_one_link_and_all_get_it()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        for (var number = 0; number < 50; number++)
        {
            var (key, target) = ($"key{number}", $"https://example.com/{number}");
            var answers = await Task.WhenAll(new[] { first, second, first, second }
                .Select(server => PostAsync(server, key, target)));
            var bodies = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()));

            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
            Assert.Single(answers, answer => !answer.Headers.Contains("Idempotency-Replayed"));
            Assert.Single(answers.Select(answer => answer.Headers.Location).Distinct());
            Assert.Single(bodies.Distinct());
            foreach (var answer in answers)
                answer.Dispose();
        }

        Assert.Equal(50, await CountAsync(postgres, "link"));
        Assert.Equal(50, await CountAsync(postgres, "idempotency"));
    }

    private static async Task<HttpResponseMessage> PostAsync(TerseProcess server, string key, string target)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative));
        request.Content = new StringContent(BodyOf(target), Encoding.UTF8, "application/json");
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.Host = Host;
        return await server.Http.SendAsync(request);
    }

    private static byte[] RawRequest(string key, string target) => Encoding.ASCII.GetBytes(
        $"POST /api/v1/links HTTP/1.1\r\nHost: {Host}\r\nIdempotency-Key: {key}\r\n"
        + "Content-Type: application/json\r\n"
        + $"Content-Length: {BodyOf(target).Length}\r\n\r\n{BodyOf(target)}");

    private static string BodyOf(string target) => $$"""{"target": "{{target}}"}""";

    private static Task<long> CountAsync(PostgresCluster postgres, string table) =>
        postgres.Primary.ReadAsync($"SELECT count(*) FROM {table}");
}
