using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests a Terse server that is not notified of changes, but reaches the primary, while the only replica lags
/// and still receives reads: a replica leaves rotation when it lags more than 10 s.
/// </summary>
public sealed class LostFeedTests(ITestOutputHelper output)
{
    /// <summary>Identifies the connection on which a Terse server listens for changes.</summary>
    private const string Listening = "LISTEN link_change";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Without_notifications_a_change_is_served_within_5_s_although_the_replica_lags_behind()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var servers = await TestServers.StartAsync(postgres, count: 2);
        var (changer, other) = (servers.All[0].Process, servers.All[1]);
        var codes = await CreateAsync(postgres, changer);
        other.Network.To(postgres.Primary).Refuse(Listening);
        await postgres.Replicas[0].PauseReplayAsync();
        foreach (var code in codes)
            Assert.Equal("https://example.com/old", await RetryingClient.FollowAsync(other.Process, code));

        var times = await Task.WhenAll(codes.Select((code, number) =>
            number == 0
                ? DeleteAsync(changer, other.Process, code)
                : ChangeAsync(changer, other.Process, code)));

        output.WriteLine(string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0} ms")));
        Assert.All(times, time => Assert.InRange(time, TimeSpan.Zero, Limit));
    }

    /// <summary>Creates links, and waits until the replica has them.</summary>
    private static async Task<IReadOnlyList<string>> CreateAsync(
        PostgresCluster postgres, TerseProcess server)
    {
        var codes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            RetryingClient.CreateAsync(server, "https://example.com/old")));
        await Eventually.IsTrueAsync(async () =>
            await postgres.Replicas[0].ReadAsync("SELECT count(*) FROM link") == codes.Length);
        return codes;
    }

    private static async Task<TimeSpan> ChangeAsync(TerseProcess changer, TerseProcess other, string code)
    {
        const string Target = "https://example.com/new";
        using var answer = await changer.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target = Target });
        answer.EnsureSuccessStatusCode();
        return await MeasureAsync(async () => await other.FollowAsync(code) == Target);
    }

    private static async Task<TimeSpan> DeleteAsync(TerseProcess changer, TerseProcess other, string code)
    {
        using var answer = await changer.Http.DeleteAsync(new Uri($"/api/v1/links/{code}", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        return await MeasureAsync(async () => await other.FollowAsync(code) is null);
    }

    private static async Task<TimeSpan> MeasureAsync(Func<Task<bool>> isSeen)
    {
        var begin = TimeProvider.System.GetTimestamp();
        await Eventually.IsTrueAsync(isSeen);
        return TimeProvider.System.GetElapsedTime(begin);
    }
}
