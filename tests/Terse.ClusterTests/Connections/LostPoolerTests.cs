using System.Net;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>Tests that a host whose pooler is lost counts as lost, although the host itself lives.</summary>
public sealed class LostPoolerTests
{
    [Fact]
    public async Task A_server_starts_without_the_pooler_of_the_primary_and_creates_links_once_it_is_back()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var pooled = await PooledHosts.StartAsync(postgres);
        string code;
        await using (var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings, pooled.Settings))
        {
            code = await RetryingClient.CreateAsync(first, "https://example.com/");
            Assert.Equal(0, await first.StopAsync());
        }

        await postgres.Replicas[0].CatchUpAsync(postgres.Primary);
        await pooled.Poolers[0].KillAsync();
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings, pooled.Settings);
        Assert.Equal("https://example.com/", await server.FollowAsync(code));
        Assert.Equal((HttpStatusCode.OK, "ok"), await ReadAsync(server, "readyz"));
        await Eventually.IsTrueAsync(async () => await ReadAsync(server, "readyz/creations")
            is (HttpStatusCode.ServiceUnavailable, var text)
            && text.Contains("The pooler of the primary cannot be used.", StringComparison.Ordinal));

        await pooled.Poolers[0].StartAsync();
        await RetryingClient.CreateAsync(server, "https://example.com/later");
        Assert.Equal((HttpStatusCode.OK, "ok"), await ReadAsync(server, "readyz/creations"));
    }

    [Fact]
    public async Task A_creation_waits_while_the_pooler_of_the_primary_restarts()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var pooled = await PooledHosts.StartAsync(postgres);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings, pooled.Settings);
        await RetryingClient.CreateAsync(server, "https://example.com/");

        await pooled.Poolers[0].KillAsync();
        var waiting = server.CreateCodeAsync("https://example.com/waiting");
        await Eventually.IsTrueAsync(async () => (await ReadAsync(server, "api/v1/fleet")).Text.Contains(
            "The pooler cannot be used.", StringComparison.Ordinal));
        await pooled.Poolers[0].StartAsync();

        Assert.NotNull(await waiting);
    }

    [Fact]
    public async Task A_replica_leaves_rotation_with_its_pooler_and_returns_with_it()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var pooled = await PooledHosts.StartAsync(postgres);
        await using var cluster = new Cluster(
            new ClusterOptions
            {
                Hosts =
                [
                    .. postgres.Servers.Zip(pooled.Poolers, (server, pooler) =>
                        new HostAddress($"{server.Port}", server.ConnectionString)
                        {
                            PoolerConnectionString = pooler.ConnectionString,
                        }),
                ],
            },
            TimeProvider.System);
        await cluster.StartAsync();
        var (primary, replica) = (cluster.Hosts[0], cluster.Hosts[1]);

        Assert.True(primary.State is { Role: HostRole.Primary, IsReachable: true });
        Assert.Null(await PostgresMigrations.TryApplyAsync(cluster, TimeProvider.System, default));
        await UntilAsync(() => replica.State.IsInRotation);

        await pooled.Poolers[1].KillAsync();
        await UntilAsync(() => !replica.State.IsInRotation);
        Assert.True(replica.State is { Role: HostRole.Replica, Error: null, PoolerError: not null });
        Assert.False(cluster.Primary.IsPoolerLost);

        await pooled.Poolers[0].KillAsync();
        await UntilAsync(() => cluster.Primary.IsPoolerLost && !cluster.HasReadableHost);
        Assert.False(cluster.Primary.IsKnownSince(long.MinValue));

        await pooled.Poolers[0].StartAsync();
        await pooled.Poolers[1].StartAsync();
        await UntilAsync(() => cluster.Primary.IsKnownSince(long.MinValue) && cluster.HasReadableHost);
        await UntilAsync(() => replica.State.IsInRotation);
    }

    private static Task UntilAsync(Func<bool> condition) =>
        Eventually.IsTrueAsync(() => Task.FromResult(condition()));

    private static async Task<(HttpStatusCode Status, string Text)> ReadAsync(
        TerseProcess server, string path)
    {
        using var answer = await server.Http.GetAsync(new Uri(path, UriKind.Relative));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
