using System.Net;

namespace Terse.Harness;

/// <summary>
/// Clients that create links and change their targets without a pause, on any server. A request without a
/// response may have been applied or not.
/// </summary>
internal sealed class LinkChangers
{
    /// <summary>How many changes a link gets, after which the client creates another one.</summary>
    private const int ChangesOfLink = 12;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _ended = new();
    private readonly TestServers _servers;
    private readonly List<Task> _clients;
    private int _acknowledged;

    public LinkChangers(TestServers servers, int clients, int seed)
    {
        _servers = servers;
        _clients = [.. Enumerable.Range(0, clients).Select(number => RunAsync(new Random(seed + number)))];
    }

    /// <summary>How many creations and changes were answered with success.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Waits until the clients have made <paramref name="more"/> further changes.</summary>
    public Task WaitForAsync(int more)
    {
        var target = Acknowledged + more;
        return Eventually.IsTrueAsync(() => Task.FromResult(Acknowledged >= target), TimeSpan.FromMinutes(3));
    }

    public async Task StopAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_clients);
        _ended.Dispose();
    }

    private async Task RunAsync(Random random)
    {
        while (!_ended.IsCancellationRequested)
        {
            var code = $"e-{random.NextInt64():x}";
            var target = $"https://example.com/{code}/";
            if (!await SendAsync(random, HttpMethod.Post, "/api/v1/links", new { target = target + 0, code }))
                continue;
            for (var change = 1; change < ChangesOfLink && !_ended.IsCancellationRequested; change++)
            {
                await SendAsync(
                    random, HttpMethod.Patch, $"/api/v1/links/{code}", new { target = target + change });
            }
        }
    }

    private async Task<bool> SendAsync(Random random, HttpMethod method, string path, object body)
    {
        using var limit = new CancellationTokenSource(Timeout, TimeProvider.System);
        using var request = HistoryRequests.WithJson(method, path, body);
        try
        {
            using var response = await _servers.Any(random).Process.Http.SendAsync(request, limit.Token);
            if (response.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.OK))
                return false;
            Interlocked.Increment(ref _acknowledged);
            return true;
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return false; // The server was killed.
        }
    }
}
