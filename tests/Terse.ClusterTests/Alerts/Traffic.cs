namespace Terse.ClusterTests;

/// <summary>Clients that send requests until the object is disposed, each ten a second at most.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private Traffic(
        IEnumerable<AlertServer> servers, int clients, Func<AlertServer, CancellationToken, Task> send) =>
        _running = Task.WhenAll(
            from server in servers
            from client in Enumerable.Range(0, clients)
            select RunAsync(token => send(server, token)));

    /// <summary>Creates links on each server.</summary>
    public static Traffic OfCreations(IEnumerable<AlertServer> servers) =>
        new(servers, clients: 10, async (server, cancellationToken) =>
        {
            using var response = await server.Process.CreateAsync("https://example.com/", cancellationToken);
        });

    /// <summary>Follows codes that no link has, each once.</summary>
    public static Traffic OfUnknownCodes(IEnumerable<AlertServer> servers)
    {
        var number = 0;
        return new(servers, clients: 4, async (server, cancellationToken) =>
        {
            var code = new Uri($"/unknown{Interlocked.Increment(ref number)}", UriKind.Relative);
            using var response = await server.Process.Http.GetAsync(code, cancellationToken);
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task> send)
    {
        using var timer = new PeriodicTimer(Pause, TimeProvider.System);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await send(_stopping.Token);
                await timer.WaitForNextTickAsync(_stopping.Token);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                // A server of the test does not answer, or the test has ended.
            }
        }
    }
}
