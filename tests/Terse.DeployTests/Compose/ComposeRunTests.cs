using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>Runs the parts of <c>deploy/compose</c> together, with real PostgreSQL and HAProxy.</summary>
public sealed class ComposeRunTests
{
    [Fact]
    public async Task Links_made_through_the_balancer_are_found_after_a_replica_became_the_primary()
    {
        await using var run = await ComposeRun.PrepareAsync();
        await run.StartDatabaseAsync("db1", primary: "db1");
        await Task.WhenAll(run.StartDatabaseAsync("db2", "db1"), run.StartDatabaseAsync("db3", "db1"));
        await using var first = await run.StartServerAsync("terse1");
        await using var second = await run.StartServerAsync("terse2");
        using var http = NewClient(await run.StartBalancerAsync(), await run.CreateKeyAsync("terse1"));
        await AssertHostsAsync(http, "db1");
        var before = await CreateAsync(http, "https://example.com/before");

        await run.StopAsync("db1");
        await run.PromoteAsync("db2");
        await run.StopAsync("db2");
        await run.StopAsync("db3");
        await run.StartDatabaseAsync("db2", primary: "db2");
        await run.StartDatabaseAsync("db3", primary: "db2");
        await AssertHostsAsync(http, "db2", lost: "db1");
        var after = await CreateAsync(http, "https://example.com/after");

        Assert.Equal(0, await first.StopAsync());
        Assert.Equal("https://example.com/before", await FollowAsync(http, before));
        Assert.Equal("https://example.com/after", await FollowAsync(http, after));
    }

    private static HttpClient NewClient(Uri balancer, string key)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = balancer,
            Timeout = TimeSpan.FromSeconds(30),
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http;
    }

    /// <summary>Waits until servers know the primary, and use all other hosts.</summary>
    private static Task AssertHostsAsync(HttpClient http, string primary, string? lost = null) =>
        Eventually.IsTrueAsync(async () =>
        {
            using var answer = await http.GetAsync(new Uri("/api/v1/fleet", UriKind.Relative));
            if (answer.StatusCode != HttpStatusCode.OK)
                return false;
            var fleet = await answer.Content.ReadFromJsonAsync<JsonElement>();
            var hosts = fleet.GetProperty("hosts").EnumerateArray()
                .Select(host => (
                    Name: host.GetProperty("name").GetString()!.Split(':')[0],
                    Role: host.GetProperty("role").GetString(),
                    State: host.GetProperty("state").GetString()))
                .Where(host => host.Name != lost)
                .ToList();
            return hosts.Count == (lost is null ? 3 : 2)
                && hosts.TrueForAll(host => host.Name == primary
                    ? host.Role == "primary"
                    : host is { Role: "replica", State: "inRotation" });
        });

    private static async Task<string> CreateAsync(HttpClient http, string target)
    {
        using var answer = await http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative), new { target });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var link = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return link.GetProperty("shortUrl").GetString()!;
    }

    private static async Task<string?> FollowAsync(HttpClient http, string shortUrl)
    {
        using var answer = await http.GetAsync(new Uri(shortUrl));
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        return answer.Headers.Location?.OriginalString;
    }
}
