using System.Collections.Concurrent;
using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class DurabilityTests
{
    private const int Clients = 64;

    [Fact]
    public async Task Every_acknowledged_link_resolves_after_kill_9_while_64_clients_create()
    {
        using var folder = new TemporaryFolder();
        var acknowledged = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        await using (var server = await TerseProcess.ServeAsync(folder.Path))
        {
            using var enough = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
            var clients = Enumerable.Range(0, Clients)
                .Select(client => CreateUntilTheEndAsync(server, client, acknowledged, 3000, enough))
                .ToList();
            await Task.WhenAny(clients);
            await server.KillAsync();
            await Task.WhenAll(clients);
        }

        await using var restarted = await TerseProcess.ServeAsync(folder.Path);
        Assert.InRange(acknowledged.Count, 3000, int.MaxValue);
        foreach (var (code, target) in acknowledged)
            Assert.Equal(target, await restarted.FollowAsync(code));
        var after = await restarted.CreateCodeAsync("https://example.com/after");
        Assert.DoesNotContain(after!, acknowledged);
    }

    /// <summary>
    /// Creates links one after the other. Client 0 returns when <paramref name="enough"/> links are
    /// acknowledged; the other clients continue until the server is killed.
    /// </summary>
    private static async Task CreateUntilTheEndAsync(
        TerseProcess server,
        int client,
        ConcurrentDictionary<string, string> acknowledged,
        int enough,
        CancellationTokenSource limit)
    {
        try
        {
            for (var number = 0; client > 0 || acknowledged.Count < enough; number++)
            {
                var target = $"https://example.com/{client}/{number}";
                var code = await server.CreateCodeAsync(target, limit.Token);
                Assert.True(acknowledged.TryAdd(code!, target));
            }
        }
        catch (HttpRequestException)
        {
            // The server was killed. It did not acknowledge the last creation, so the link need not exist.
        }
    }

    [Fact]
    public async Task On_a_full_disk_creations_get_503_no_link_is_lost_and_creations_work_again_later()
    {
        using var folder = new TemporaryFolder();
        const string Script =
            """
            mount -t tmpfs -o size=2m tmpfs "$1" && head -c 512k /dev/zero >"$1/filler" &&
            exec "$2" serve --urls http://127.0.0.1:0 --data "$1/links"
            """;
        await using var server = await TerseProcess.StartAsync(
            "unshare", ["-rm", "sh", "-euc", Script, "sh", folder.Path, Repository.Program]);

        var acknowledged = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await CreateLargeAsync(server, acknowledged))
            Assert.InRange(acknowledged.Count, 0, 1000);
        using var refused = await server.CreateAsync("https://example.com/" + new string('a', 8000));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        await AssertAllResolveAsync(server, acknowledged);

        File.Delete($"/proc/{server.Id}/root{folder["filler"]}");
        Assert.True(await CreateLargeAsync(server, acknowledged));
        await AssertAllResolveAsync(server, acknowledged);
    }

    private static async Task<bool> CreateLargeAsync(
        TerseProcess server, Dictionary<string, string> acknowledged)
    {
        var target = $"https://example.com/{acknowledged.Count}/".PadRight(8000, 'a');
        if (await server.CreateCodeAsync(target) is not { } code)
            return false;
        acknowledged.Add(code, target);
        return true;
    }

    private static async Task AssertAllResolveAsync(
        TerseProcess server, Dictionary<string, string> acknowledged)
    {
        Assert.NotEmpty(acknowledged);
        foreach (var (code, target) in acknowledged)
            Assert.Equal(target, await server.FollowAsync(code));
    }
}
