using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests servers that run without the secret of opaque codes when a further server starts with opaque codes.
/// </summary>
public sealed class OpaqueSwitchTests
{
    private const int Links = 60;

    [Fact]
    public async Task Servers_without_the_secret_find_every_link_that_a_server_with_opaque_codes_has_created()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var without = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var other = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Codes:Secret", new string('b', 32));
        await RetryingClient.CreateAsync(without, "https://example.com/");
        await postgres.Replicas[0].DelayReplayAsync(TimeSpan.FromMilliseconds(400));
        await using var opaque = await TerseProcess.ServeAsync(
            postgres.ConnectionStrings, "--Codes:Opaque", "true", "--Codes:Secret", new string('a', 32));
        await RetryingClient.CreateAsync(opaque, "https://example.com/");

        for (var link = 0; link < Links; link++)
        {
            var target = $"https://example.com/{link}";
            var code = await RetryingClient.CreateAsync(opaque, target);
            Assert.Equal(target, await without.FollowAsync(code));
            Assert.Equal(target, await other.FollowAsync(code));
        }
    }
}
