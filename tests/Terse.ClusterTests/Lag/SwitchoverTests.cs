using System.Net;
using System.Net.Http.Headers;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests Terse servers that do not know the current primary or the current id layout of the database.
/// </summary>
public sealed class SwitchoverTests
{
    private static readonly Uri Launch = new("launch", UriKind.Relative);

    /// <summary>
    /// A client requests a custom code, which contains no timestamp. The Terse server queries the primary and
    /// is suspended before the response of the primary ("no row") arrives. During the suspension the primary
    /// and the replica exchange their roles, and links are created, one of them with the custom code. When
    /// the server resumes, it can reach only the old primary, which is now a paused replica and does not have
    /// these links.
    /// </summary>
    [Fact]
    public async Task A_server_that_was_suspended_during_a_switchover_does_not_trust_the_old_primary()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1, isSynchronous: true);
        await using var servers = await TestServers.StartAsync(postgres, count: 2);
        var (suspended, other) = (servers.All[0], servers.All[1].Process);
        var (old, successor) = (postgres.Primary, postgres.Replicas[0]);
        await RetryingClient.CreateAsync(other, "https://example.com/before");

        var answers = suspended.Network.To(old);
        Task<HttpResponseMessage> response = null!;
        await Eventually.IsTrueAsync(async () =>
        {
            // If the proxy keeps a response of the database for too long, the Terse server closes its
            // connection to the database. The test repeats this request until the server has connected again.
            Assert.Null(await RetryingClient.FollowAsync(suspended.Process, Launch.OriginalString));
            answers.HoldResponses();
            response = suspended.Process.Http.GetAsync(Launch);
            await Eventually.IsTrueAsync(() =>
                Task.FromResult(response.IsCompleted || answers.CountHeld("created_at") > 0));
            if (!response.IsCompleted)
                return true;

            // The proxy kept the response to a different statement, so the Terse server closed the connection
            // before it sent the query. Try again.
            answers.Forward();
            (await response).Dispose();
            return false;
        });
        IReadOnlyDictionary<string, string> links = null!;
        Task<HttpResponseMessage[]> late = null!;
        await suspended.SuspendAsync(async () =>
        {
            await postgres.FailOverAsync();
            await postgres.RejoinAsync();
            await old.PauseReplayAsync();
            suspended.Network.To(successor).Reset();
            answers.Forward();
            links = await CreateManyAsync(other);
            late = Task.WhenAll(links.Keys.Select(code =>
                suspended.Process.Http.GetAsync(new Uri(code, UriKind.Relative))));
        });

        foreach (var answer in await late)
        {
            Assert.NotEqual(HttpStatusCode.NotFound, answer.StatusCode);
            answer.Dispose();
        }

        // 302 and 404 are both correct, because the link was created during the request.
        (await response).Dispose();
        suspended.Network.To(successor).Forward();
        foreach (var (code, target) in links)
            Assert.Equal(target, await RetryingClient.FollowAsync(suspended.Process, code));
    }

    /// <summary>
    /// The same code has a different timestamp under the new id layout. If a server or a replica does not
    /// have the new layout, the code of a new link can look old. The server must not conclude that the link
    /// does not exist.
    /// </summary>
    [Fact]
    public async Task Links_of_a_new_layout_are_followed_at_once_while_a_replica_does_not_have_the_layout()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var other = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using (var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings))
        {
            var code = await RetryingClient.CreateAsync(first, "https://example.com/old");
            Assert.Equal("https://example.com/old", await RetryingClient.FollowAsync(other, code));
            await postgres.Replicas[0].PauseReplayAsync();
            Assert.Equal(0, await first.StopAsync());
        }

        await using var restarted = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Ids:NodeBits", "8");
        var young = "";
        for (var round = 0; round < 30; round++)
        {
            young = await RetryingClient.CreateAsync(restarted, $"https://example.com/{round}");
            Assert.Equal($"https://example.com/{round}", await RetryingClient.FollowAsync(other, young));
            var others = await RetryingClient.CreateAsync(other, $"https://example.com/other/{round}");
            Assert.Equal(
                $"https://example.com/other/{round}", await RetryingClient.FollowAsync(restarted, others));
        }

        // The server `other` has the link `young` in its cache, and does not have the link `unknown`.
        var unknown = await RetryingClient.CreateAsync(restarted, "https://example.com/unknown");
        await postgres.Primary.KillAsync();
        Assert.Equal("https://example.com/29", await other.FollowAsync(young));
        using var answer = await other.Http.GetAsync(new Uri(unknown, UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    /// <summary>
    /// Creates 20 links whose codes contain a timestamp, and one link with a custom code, which contains no
    /// timestamp.
    /// </summary>
    private static async Task<IReadOnlyDictionary<string, string>> CreateManyAsync(TerseProcess server)
    {
        var made = new Dictionary<string, string>();
        for (var link = 0; link < 20; link++)
        {
            var target = $"https://example.com/{link}";
            made.Add(await RetryingClient.CreateAsync(server, target), target);
        }

        await Eventually.IsTrueAsync(async () =>
        {
            using var custom = new StringContent(
                $$"""{ "code": "{{Launch}}", "target": "https://example.com/launch" }""",
                new MediaTypeHeaderValue("application/json"));
            using var answer = await server.Http.PostAsync(
                new Uri("/api/v1/links", UriKind.Relative), custom);
            return answer.StatusCode == HttpStatusCode.Created;
        });
        made.Add(Launch.ToString(), "https://example.com/launch");
        return made;
    }
}
