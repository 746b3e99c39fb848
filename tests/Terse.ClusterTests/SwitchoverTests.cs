using System.Net;
using System.Net.Http.Headers;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>What servers knew of the database is no longer so, and they have not noticed yet.</summary>
public sealed class SwitchoverTests
{
    private static readonly Uri Launch = new("launch", UriKind.Relative);

    /// <summary>
    /// The server asks for a code that tells no time; before the primary's "nothing" arrives it is stopped.
    /// Meanwhile the roles are exchanged, and links are made, that code's among them. When it goes on it
    /// reaches only the host that it takes for the primary, which is a replica now and stands still.
    /// </summary>
    [Fact]
    public async Task A_server_that_slept_through_a_switchover_takes_nobody_for_the_primary_who_was_it()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1, isSynchronous: true);
        await using var servers = await TestServers.StartAsync(postgres, count: 2);
        var (sleeper, other) = (servers.All[0], servers.All[1].Process);
        var (old, heir) = (postgres.Primary, postgres.Replicas[0]);
        await Patient.CreateAsync(other, "https://example.com/before");

        var answers = sleeper.Network.To(old);
        Task<HttpResponseMessage> asked = null!;
        await Eventually.IsSoAsync(async () =>
        {
            // What is held too long is given up with its connection, and none opens while all are held.
            Assert.Null(await Patient.FollowAsync(sleeper.Process, Launch.OriginalString));
            answers.HoldAnswers();
            asked = sleeper.Process.Http.GetAsync(Launch);
            await Eventually.IsSoAsync(() =>
                Task.FromResult(asked.IsCompleted || answers.CountHeld("created_at") > 0));
            if (!asked.IsCompleted)
                return true;

            // Another connection was held before it came so far.
            answers.Forward();
            (await asked).Dispose();
            return false;
        });
        IReadOnlyDictionary<string, string> links = null!;
        Task<HttpResponseMessage[]> late = null!;
        await sleeper.HaltAsync(async () =>
        {
            await postgres.FailOverAsync();
            await postgres.RejoinAsync();
            await old.PauseReplayAsync();
            sleeper.Network.To(heir).Reset();
            answers.Forward();
            links = await CreateManyAsync(other);
            late = Task.WhenAll(links.Keys.Select(code =>
                sleeper.Process.Http.GetAsync(new Uri(code, UriKind.Relative))));
        });

        foreach (var answer in await late)
        {
            Assert.NotEqual(HttpStatusCode.NotFound, answer.StatusCode);
            answer.Dispose();
        }

        (await asked).Dispose(); // It was asked before there was a link, and may be answered either way.
        sleeper.Network.To(heir).Forward();
        foreach (var (code, target) in links)
            Assert.Equal(target, await Patient.FollowAsync(sleeper.Process, code));
    }

    /// <summary>
    /// By the new layout the same code tells another time. Neither a server that did not know of it nor a
    /// replica that does not show it may take such a code for one that is too old to be missing.
    /// </summary>
    [Fact]
    public async Task Links_of_a_new_layout_are_followed_at_once_while_a_replica_does_not_know_it()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var other = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using (var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings))
        {
            var code = await Patient.CreateAsync(first, "https://example.com/old");
            Assert.Equal("https://example.com/old", await Patient.FollowAsync(other, code));
            await postgres.Replicas[0].PauseReplayAsync();
            Assert.Equal(0, await first.StopAsync());
        }

        await using var restarted = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Ids:NodeBits", "8");
        var young = "";
        for (var round = 0; round < 30; round++)
        {
            young = await Patient.CreateAsync(restarted, $"https://example.com/{round}");
            Assert.Equal($"https://example.com/{round}", await Patient.FollowAsync(other, young));
            var others = await Patient.CreateAsync(other, $"https://example.com/other/{round}");
            Assert.Equal($"https://example.com/other/{round}", await Patient.FollowAsync(restarted, others));
        }

        // What it has followed it knows, and goes on with; of this one it has not heard.
        var unheard = await Patient.CreateAsync(restarted, "https://example.com/unheard");
        await postgres.Primary.KillAsync();
        Assert.Equal("https://example.com/29", await other.FollowAsync(young));
        using var answer = await other.Http.GetAsync(new Uri(unheard, UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    /// <summary>Links whose codes tell their time, and one whose code tells none.</summary>
    private static async Task<IReadOnlyDictionary<string, string>> CreateManyAsync(TerseProcess server)
    {
        var made = new Dictionary<string, string>();
        for (var link = 0; link < 20; link++)
        {
            var target = $"https://example.com/{link}";
            made.Add(await Patient.CreateAsync(server, target), target);
        }

        await Eventually.IsSoAsync(async () =>
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
