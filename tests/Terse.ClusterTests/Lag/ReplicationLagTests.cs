using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests Terse servers while PostgreSQL hosts lag behind, are killed, and are promoted.</summary>
public sealed class ReplicationLagTests
{
    [Fact]
    public async Task A_link_is_followed_on_every_server_at_once_while_all_replicas_are_paused()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        foreach (var replica in postgres.Replicas)
            await replica.PauseReplayAsync();

        for (var round = 0; round < 30; round++)
        {
            var code = await RetryingClient.CreateAsync(first, $"https://example.com/{round}");
            Assert.Equal($"https://example.com/{round}", await RetryingClient.FollowAsync(second, code));
            Assert.Equal($"https://example.com/{round}", await RetryingClient.FollowAsync(first, code));
        }
    }

    [Fact]
    public async Task Without_the_primary_old_links_are_followed_and_young_links_are_answered_503()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var old = await RetryingClient.CreateAsync(first, "https://example.com/old");
        await Eventually.IsTrueAsync(async () => await ShowsLinksAsync(postgres.Replicas, 1));
        foreach (var replica in postgres.Replicas)
            await replica.PauseReplayAsync();
        var young = await RetryingClient.CreateAsync(first, "https://example.com/young");
        await postgres.Primary.KillAsync();

        Assert.Equal("https://example.com/old", await RetryingClient.FollowAsync(second, old));
        using var answer = await second.Http.GetAsync(new Uri(young, UriKind.Relative));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        using var creation = await first.CreateAsync("https://example.com/not-now");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, creation.StatusCode);
    }

    [Fact]
    public async Task After_a_replica_is_promoted_links_are_created_and_followed_again_without_a_restart()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 2, isSynchronous: true);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var before = await RetryingClient.CreateAsync(first, "https://example.com/before");
        await postgres.Primary.KillAsync();
        await postgres.Replicas[0].PromoteAsync();

        string? after = null;
        await Eventually.IsTrueAsync(async () =>
            (after = await first.CreateCodeAsync("https://example.com/after")) is not null);
        Assert.Equal("https://example.com/before", await RetryingClient.FollowAsync(second, before));
        Assert.Equal("https://example.com/after", await RetryingClient.FollowAsync(second, after!));
    }

    [Fact]
    public async Task A_code_that_no_link_has_is_answered_404()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await RetryingClient.CreateAsync(server, "https://example.com/");

        foreach (var code in new[] { "0", "1abc", "nobody", "9zzzzzzzzzzz" })
            Assert.Null(await RetryingClient.FollowAsync(server, code));
    }

    /// <summary>
    /// The server stores the first id layout after replay on the replica was paused. When the link is
    /// followed, the replica therefore has neither the link nor the layout.
    /// </summary>
    [Fact]
    public async Task The_first_link_of_a_database_is_followed_while_its_replica_is_paused()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        var migrated = await Command.TerseAsync(
            ["migrate", .. PostgresCluster.SettingsOf(postgres.ConnectionStrings)]);
        await postgres.Replicas[0].CatchUpAsync(postgres.Primary);
        await postgres.Replicas[0].PauseReplayAsync();
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        var code = await RetryingClient.CreateAsync(server, "https://example.com/first");

        Assert.Equal((0, ""), (migrated.ExitCode, migrated.Errors));
        Assert.Equal("https://example.com/first", await RetryingClient.FollowAsync(server, code));
    }

    [Fact]
    public async Task Servers_that_start_at_once_on_an_empty_database_all_work()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var servers = await TestServers.StartAsync(postgres, count: 4);
        var creating = servers.All.Select(server =>
            RetryingClient.CreateAsync(server.Process, "https://example.com/"));
        var codes = await Task.WhenAll(creating);

        Assert.Equal(4, codes.Distinct().Count());
    }

    private static async Task<bool> ShowsLinksAsync(IEnumerable<PostgresServer> replicas, long count)
    {
        foreach (var replica in replicas)
        {
            if (await replica.ReadAsync("SELECT count(*) FROM link") < count)
                return false;
        }

        return true;
    }
}
