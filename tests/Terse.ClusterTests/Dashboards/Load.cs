using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Clients that use the servers until disposal.</summary>
internal static class Load
{
    /// <summary>The tag of the links whose events a receiver gets.</summary>
    public const string Tag = "sent";

    public static async Task CreateWithTagAsync(TerseProcess server)
    {
        using var response = await server.Http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative),
            new { target = "https://example.com/", tags = new[] { Tag } });
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Creates links on each server in turn, and follows each twice on another server.</summary>
    public static RepeatedRequests CreateAndFollow(ScrapedServers servers, int clients, TimeSpan pause)
    {
        var next = 0;
        return New(clients, pause, async () =>
        {
            var number = Interlocked.Increment(ref next);
            var (creating, following) = (servers.All[number % 3], servers.All[(number + 1) % 3]);
            if (await creating.CreateCodeAsync("https://example.com/") is not { } code)
                return;
            await following.FollowAsync(code);
            await following.FollowAsync(code);
        });
    }

    /// <summary>Asks each server for custom codes that no link has.</summary>
    public static RepeatedRequests AskForUnknownCodes(ScrapedServers servers, int clients, TimeSpan pause)
    {
        var next = 0;
        return New(clients, pause, async () =>
        {
            var number = Interlocked.Increment(ref next);
            await servers.All[number % 3].FollowAsync($"unknown-{number}");
        });
    }

    /// <summary>Reads links of a server with a wrong API key.</summary>
    public static RepeatedRequests SendWrongKeys(TerseProcess server) =>
        New(clients: 1, TimeSpan.FromMilliseconds(50), async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/links");
            request.Headers.Add("X-Api-Key", $"terse_unknown0_{new string('x', 32)}");
            using var response = await server.Http.SendAsync(request);
        });

    private static RepeatedRequests New(int clients, TimeSpan pause, Func<Task> requestAsync) =>
        new(pause, Enumerable.Repeat<Func<CancellationToken, Task>>(_ => requestAsync(), clients));
}
