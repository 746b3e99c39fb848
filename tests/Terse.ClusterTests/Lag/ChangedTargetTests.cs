using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests that all Terse servers redirect to a changed target while the replicas are paused and still receive
/// reads. The output says how soon each server does.
/// </summary>
public sealed class ChangedTargetTests(ITestOutputHelper output)
{
    private const int Rounds = 20;

    /// <summary>Identifies the connection on which a Terse server listens for changes.</summary>
    private const string Listening = "LISTEN link_change";

    [Fact]
    public async Task All_servers_serve_a_changed_target_that_the_replicas_do_not_have()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var servers = await TestServers.StartAsync(postgres, count: 3);
        var code = await PrepareAsync(postgres, servers);
        await using var held = await HeldHorizon.StartAsync(postgres.Primary);

        var worst = TimeSpan.Zero;
        for (var round = 0; round < Rounds; round++)
        {
            var changer = servers.All[round % servers.All.Count];
            var times = await ChangeAsync(servers, changer, code, $"https://example.com/{round}");
            worst = times.Append(worst).Max();
        }

        output.WriteLine(
            $"{Rounds} changes: the slowest server served a change after {worst.TotalMilliseconds:0} ms");
        await AssertUnchangedAsync(postgres);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_without_its_listening_connection_serves_a_target_that_replicas_do_not_have(
        bool isBlackHole)
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var servers = await TestServers.StartAsync(postgres, count: 3);
        var code = await PrepareAsync(postgres, servers);
        await using var held = await HeldHorizon.StartAsync(postgres.Primary);
        var proxy = servers.All[2].Network.To(postgres.Primary);

        for (var round = 0; round < 3; round++)
        {
            await Eventually.IsTrueAsync(() =>
                Task.FromResult((isBlackHole ? proxy.BlackHole(Listening) : proxy.Reset(Listening)) == 1));
            var times = await ChangeAsync(servers, servers.All[0], code, $"https://example.com/{round}");
            output.WriteLine(
                $"{(isBlackHole ? "black hole" : "reset")}: served after "
                + string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0} ms")));
        }

        await AssertUnchangedAsync(postgres);
    }

    private static async Task AssertUnchangedAsync(PostgresCluster postgres)
    {
        foreach (var replica in postgres.Replicas)
            Assert.Equal(1, await replica.ReadAsync("SELECT max(version)::bigint FROM link"));
    }

    /// <summary>
    /// Creates a link, pauses the replicas, and follows the link once on every server to cache it.
    /// </summary>
    private static async Task<string> PrepareAsync(PostgresCluster postgres, TestServers servers)
    {
        var code = await RetryingClient.CreateAsync(servers.All[0].Process, "https://example.com/");
        await Eventually.IsTrueAsync(async () =>
        {
            var shown = await Task.WhenAll(postgres.Replicas.Select(replica =>
                replica.ReadAsync($"SELECT count(*) FROM link WHERE code = '{code}'")));
            return shown.All(count => count == 1);
        });
        foreach (var replica in postgres.Replicas)
            await replica.PauseReplayAsync();
        foreach (var server in servers.All)
            Assert.Equal("https://example.com/", await RetryingClient.FollowAsync(server.Process, code));
        return code;
    }

    /// <summary>
    /// Changes the target of a link on one server. Returns for each server how much time passed between the
    /// response to the change and the first redirect of this server to the new target.
    /// </summary>
    private static async Task<TimeSpan[]> ChangeAsync(
        TestServers servers, TestServer changer, string code, string target)
    {
        using var answer = await changer.Process.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target });
        answer.EnsureSuccessStatusCode();
        var begin = TimeProvider.System.GetTimestamp();
        return await Task.WhenAll(servers.All.Select(async server =>
        {
            await Eventually.IsTrueAsync(async () => await server.Process.FollowAsync(code) == target);
            return TimeProvider.System.GetElapsedTime(begin);
        }));
    }
}
