using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests a Terse server that is not notified of changes, but reaches the primary, while the only replica does
/// not have the changes and still receives reads.
/// </summary>
public sealed class LostFeedTests(ITestOutputHelper output)
{
    /// <summary>Identifies the connection on which a Terse server listens for changes.</summary>
    private const string Listening = "LISTEN link_change";

    private const string Old = "https://example.com/old";
    private const string New = "https://example.com/new";

    [Fact]
    public async Task Without_notifications_a_change_is_served_that_the_replica_does_not_have()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var servers = await TestServers.StartAsync(postgres, count: 2);
        var (changer, other) = (servers.All[0].Process, servers.All[1]);
        var codes = await CreateAsync(postgres, changer);
        other.Network.To(postgres.Primary).Refuse(Listening);
        await postgres.Replicas[0].PauseReplayAsync();
        foreach (var code in codes)
            Assert.Equal(Old, await RetryingClient.FollowAsync(other.Process, code));

        await Task.WhenAll(codes.Select((code, number) =>
            number == 0 ? DeleteAsync(changer, code) : ChangeAsync(changer, code)));
        await using var held = await HeldHorizon.StartAsync(postgres.Primary);
        var times = await Task.WhenAll(codes.Select((code, number) =>
            MeasureAsync(other.Process, code, number == 0 ? null : New)));

        output.WriteLine(string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0} ms")));
        Assert.Equal(1, await postgres.Replicas[0].ReadAsync("SELECT max(version)::bigint FROM link"));
    }

    /// <summary>Creates links, and waits until the replica has them.</summary>
    private static async Task<IReadOnlyList<string>> CreateAsync(
        PostgresCluster postgres, TerseProcess server)
    {
        var codes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            RetryingClient.CreateAsync(server, Old)));
        await postgres.Replicas[0].CatchUpAsync(postgres.Primary);
        return codes;
    }

    private static async Task ChangeAsync(TerseProcess changer, string code)
    {
        using var answer = await changer.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target = New });
        answer.EnsureSuccessStatusCode();
    }

    private static async Task DeleteAsync(TerseProcess changer, string code)
    {
        using var answer = await changer.Http.DeleteAsync(new Uri($"/api/v1/links/{code}", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Measures how long a server takes to serve a target; null stands for no target.</summary>
    private static async Task<TimeSpan> MeasureAsync(TerseProcess server, string code, string? target)
    {
        var begin = TimeProvider.System.GetTimestamp();
        await Eventually.IsTrueAsync(async () => await server.FollowAsync(code) == target);
        return TimeProvider.System.GetElapsedTime(begin);
    }
}
