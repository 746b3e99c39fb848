using System.Net;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// A restore of PostgreSQL to an instant, as <c>docs/operating/backup.md</c> says. One Terse server runs all
/// the time, and another one starts after the restore. "Lost" is what happened after the instant.
/// </summary>
public sealed class PointInTimeRestoreTests(ITestOutputHelper output)
{
    private const int Links = 20;
    private const int NewLinks = 100;
    private const string Custom = "custom-code";

    [Fact]
    public async Task After_a_restore_to_an_instant_servers_serve_the_links_before_it_and_mint_no_code_again()
    {
        await using var database = await ArchivedDatabase.StartAsync();
        await using var running = await TerseProcess.ServeAsync(database.Hosts);
        var inBackup = await CreateAsync(running, "in-backup", Links);
        await database.BackUpAsync();
        var inLog = await CreateAsync(running, "in-log", Links);
        var kept = inBackup.Concat(inLog).ToDictionary();
        var instant = await database.ReadInstantAsync();
        var lost = await CreateAsync(running, "lost", NewLinks);
        lost.Add(await CreateCustomAsync(running, "https://example.com/lost"), "https://example.com/lost");
        await ChangeAsync(running, inBackup.Keys.First());
        await DeleteAsync(running, inLog.Keys.First());
        await FollowAsync(running, lost);

        await database.KillAsync();
        // Its visits wait until there is a primary, which then does not know the link.
        await FollowAsync(running, lost.Take(1));
        var begin = TimeProvider.System.GetTimestamp();
        await database.RestoreAsync(instant);
        output.WriteLine($"Restored to {instant} in {TimeProvider.System.GetElapsedTime(begin)}");
        await using var started = await TerseProcess.ServeAsync(database.Hosts);
        TerseProcess[] servers = [running, started];
        foreach (var server in servers)
        {
            await EventuallyFollowAsync(server, kept);
            await EventuallyNotFoundAsync(server, lost.Keys);
        }

        output.WriteLine($"Both servers: {TimeProvider.System.GetElapsedTime(begin)}");
        await CheckNewLinksAsync(servers, [.. kept.Keys, .. lost.Keys]);
        await CheckVisitsAsync(servers, kept.Keys.Last());
        await CheckReplicaAsync(database, running);
    }

    /// <summary>
    /// Creates links on both servers at once, with generated codes and the custom code of a lost link.
    /// </summary>
    private static async Task CheckNewLinksAsync(TerseProcess[] servers, IReadOnlyCollection<string> earlier)
    {
        var created = await Task.WhenAll(servers.Select((server, number) =>
            CreateAsync(server, $"new/{number}", NewLinks)));
        var codes = created.SelectMany(links => links.Keys).ToList();
        Assert.Equal(servers.Length * NewLinks, codes.Distinct().Count());
        Assert.Empty(codes.Intersect(earlier));
        Assert.Equal(Custom, await CreateCustomAsync(servers[^1], "https://example.com/again"));
        created[0].Add(Custom, "https://example.com/again");
        foreach (var server in servers)
        {
            foreach (var links in created)
                await FollowAsync(server, links);
        }
    }

    /// <summary>
    /// Checks that new visits are counted on both servers. One of them still had to send visits of a lost
    /// link.
    /// </summary>
    private static async Task CheckVisitsAsync(TerseProcess[] servers, string code)
    {
        foreach (var server in servers)
        {
            var before = await VisitsAsync(server, code);
            for (var visit = 0; visit < Links; visit++)
                Assert.NotNull(await RetryingClient.FollowAsync(server, code));
            await Eventually.IsTrueAsync(async () => await VisitsAsync(server, code) >= before + Links);
        }
    }

    /// <summary>A replica of the restored primary stays a replica, and the log is archived.</summary>
    private static async Task CheckReplicaAsync(ArchivedDatabase database, TerseProcess server)
    {
        var replica = await database.StartReplicaAsync();
        await RetryingClient.CreateAsync(server, "https://example.com/replicated");
        await replica.CatchUpAsync(database.Restored);
        await Eventually.IsTrueAsync(async () =>
            (await server.ReadAsync("/api/v1/fleet")).GetProperty("hosts").EnumerateArray()
                .Select(host => host.GetProperty("state").GetString())
                .SequenceEqual(["inRotation", "primary"]));
        Assert.Equal(1, await replica.ReadAsync("SELECT pg_is_in_recovery()::integer::bigint"));
        // A checkpoint hands all files of the old timeline to the archive again.
        await database.Restored.ExecuteAsync("CHECKPOINT");
        await database.Restored.ExecuteAsync("SELECT pg_switch_wal()");
        await Eventually.IsTrueAsync(async () => await database.Restored.ReadAsync(
            "SELECT count(*) FROM pg_stat_archiver WHERE last_archived_wal ~ '^00000002.{16}$'") == 1);
        Assert.Equal(0, await database.Restored.ReadAsync("SELECT failed_count FROM pg_stat_archiver"));
    }

    /// <summary>Creates links, and returns their targets by their codes.</summary>
    private static async Task<Dictionary<string, string>> CreateAsync(
        TerseProcess server, string name, int links)
    {
        var targets = Enumerable.Range(0, links).Select(link => $"https://example.com/{name}/{link}");
        var codes = await Task.WhenAll(targets.Select(async target =>
            (Code: await RetryingClient.CreateAsync(server, target), Target: target)));
        return codes.ToDictionary(link => link.Code, link => link.Target, StringComparer.Ordinal);
    }

    private static async Task<string> CreateCustomAsync(TerseProcess server, string target)
    {
        using var response = await server.CreateAsync(target, Custom);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return Custom;
    }

    private static async Task ChangeAsync(TerseProcess server, string code)
    {
        using var response = await server.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative),
            new { target = "https://example.com/changed" });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("https://example.com/changed", await server.FollowAsync(code));
    }

    private static async Task DeleteAsync(TerseProcess server, string code)
    {
        using var response = await server.Http.DeleteAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative));
        Assert.True(response.IsSuccessStatusCode);
        Assert.Null(await server.FollowAsync(code));
    }

    private static async Task FollowAsync(
        TerseProcess server, IEnumerable<KeyValuePair<string, string>> links)
    {
        foreach (var (code, target) in links)
            Assert.Equal(target, await RetryingClient.FollowAsync(server, code));
    }

    private static Task EventuallyFollowAsync(
        TerseProcess server, IEnumerable<KeyValuePair<string, string>> links) =>
        Eventually.IsTrueAsync(async () =>
        {
            foreach (var (code, target) in links)
            {
                if (await server.FollowAsync(code) != target)
                    return false;
            }

            return true;
        });

    private static Task EventuallyNotFoundAsync(TerseProcess server, IEnumerable<string> codes) =>
        Eventually.IsTrueAsync(async () =>
        {
            foreach (var code in codes)
            {
                using var response = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
                if (response.StatusCode is not HttpStatusCode.NotFound)
                    return false;
            }

            return true;
        });

    private static async Task<long> VisitsAsync(TerseProcess server, string code)
    {
        var link = await server.ReadAsync($"/api/v1/links/{code}");
        return link.GetProperty("visits").GetProperty("total").GetInt64();
    }
}
