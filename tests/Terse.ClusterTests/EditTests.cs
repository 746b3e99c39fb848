using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Targets that change, on real servers over replicas that stand still.</summary>
public sealed class EditTests(ITestOutputHelper output)
{
    private const int Rounds = 20;

    /// <summary>What only a connection that hears of changes sends.</summary>
    private const string Listening = "LISTEN link_change";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_changed_target_is_served_by_all_servers_within_a_second_while_replicas_stand_still()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var servers = await TestServers.StartAsync(postgres, count: 3);
        var code = await PrepareAsync(postgres, servers);

        var worst = TimeSpan.Zero;
        for (var round = 0; round < Rounds; round++)
        {
            var changer = servers.All[round % servers.All.Count];
            var times = await ChangeAsync(servers, changer, code, $"https://example.com/{round}");
            worst = times.Append(worst).Max();
        }

        output.WriteLine(
            $"{Rounds} changes: the slowest server served one after {worst.TotalMilliseconds:0} ms");
        Assert.InRange(worst, TimeSpan.Zero, Second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_whose_listening_connection_is_cut_serves_a_changed_target_within_5_s(
        bool isBlackHole)
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var servers = await TestServers.StartAsync(postgres, count: 3);
        var code = await PrepareAsync(postgres, servers);
        var way = servers.All[2].Network.To(postgres.Primary);

        for (var round = 0; round < 3; round++)
        {
            await Eventually.IsSoAsync(() =>
                Task.FromResult((isBlackHole ? way.BlackHole(Listening) : way.Reset(Listening)) == 1));
            var times = await ChangeAsync(servers, servers.All[0], code, $"https://example.com/{round}");
            output.WriteLine(
                $"{(isBlackHole ? "black hole" : "cut")}: served after "
                + string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0} ms")));
            Assert.All(times[..2], time => Assert.InRange(time, TimeSpan.Zero, Second));
            Assert.InRange(times[2], TimeSpan.Zero, 5 * Second);
        }
    }

    /// <summary>A link that every server has in its cache, and replicas that show nothing newer.</summary>
    private static async Task<string> PrepareAsync(PostgresCluster postgres, TestServers servers)
    {
        var code = await Patient.CreateAsync(servers.All[0].Process, "https://example.com/");
        await Eventually.IsSoAsync(async () =>
        {
            var shown = await Task.WhenAll(postgres.Replicas.Select(replica =>
                replica.ReadAsync($"SELECT count(*) FROM link WHERE code = '{code}'")));
            return shown.All(count => count == 1);
        });
        foreach (var replica in postgres.Replicas)
            await replica.PauseReplayAsync();
        foreach (var server in servers.All)
            Assert.Equal("https://example.com/", await Patient.FollowAsync(server.Process, code));
        return code;
    }

    /// <summary>Changes a target, and returns how long after the answer each server served it.</summary>
    private static async Task<TimeSpan[]> ChangeAsync(
        TestServers servers, TestServer changer, string code, string target)
    {
        using var answer = await changer.Process.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target });
        answer.EnsureSuccessStatusCode();
        var begin = TimeProvider.System.GetTimestamp();
        return await Task.WhenAll(servers.All.Select(async server =>
        {
            await Eventually.IsSoAsync(async () => await server.Process.FollowAsync(code) == target);
            return TimeProvider.System.GetElapsedTime(begin);
        }));
    }
}
