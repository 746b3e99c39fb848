using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Clients that repeat a request until disposal. A request may fail.</summary>
internal sealed class Repeated : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _clients;

    private Repeated(int clients, TimeSpan pause, Func<Task> requestAsync) =>
        _clients = Task.WhenAll(Enumerable.Range(0, clients).Select(_ => RunAsync(pause, requestAsync)));

    /// <summary>Creates links on each server in turn, and follows each twice on another server.</summary>
    public static Repeated CreateAndFollow(ScrapedServers servers, int clients, TimeSpan pause)
    {
        var next = 0;
        return new(clients, pause, async () =>
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
    public static Repeated AskForUnknownCodes(ScrapedServers servers, int clients, TimeSpan pause)
    {
        var next = 0;
        return new(clients, pause, async () =>
        {
            var number = Interlocked.Increment(ref next);
            await servers.All[number % 3].FollowAsync($"unknown-{number}");
        });
    }

    /// <summary>Reads links of a server with a wrong API key.</summary>
    public static Repeated SendWrongKeys(TerseProcess server) =>
        new(clients: 1, TimeSpan.FromMilliseconds(50), async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/links");
            request.Headers.Add("X-Api-Key", $"terse_unknown0_{new string('x', 32)}");
            using var response = await server.Http.SendAsync(request);
        });

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _clients;
        _ended.Dispose();
    }

    private async Task RunAsync(TimeSpan pause, Func<Task> requestAsync)
    {
        using var timer = new PeriodicTimer(pause, TimeProvider.System);
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await requestAsync();
            }
            catch (HttpRequestException)
            {
                // The server is killed, or closes its connections.
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
