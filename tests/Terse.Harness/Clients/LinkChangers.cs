using System.Net;

namespace Terse.Harness;

/// <summary>
/// Clients that create links and change their targets, on any server, at a limited rate. A request without a
/// response may have been applied or not.
/// </summary>
internal sealed class LinkChangers
{
    /// <summary>How many changes a link gets, after which the client creates another one.</summary>
    private const int ChangesOfLink = 12;

    private const int TicksPerSecond = 20;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _ended = new();
    private readonly TestServers _servers;
    private readonly SemaphoreSlim _permits = new(0);
    private readonly List<Task> _clients;
    private int _acknowledged;
    private int _awaited;
    private TimeSpan _awaitedTime;

    /// <param name="servers">The servers.</param>
    /// <param name="clients">How many requests are on their way at most.</param>
    /// <param name="maxRate">How many requests begin in a second at most.</param>
    /// <param name="seed">Makes the choices of the clients repeatable.</param>
    public LinkChangers(TestServers servers, int clients, int maxRate, int seed)
    {
        _servers = servers;
        _clients =
        [
            PermitAsync(maxRate / TicksPerSecond, clients),
            .. Enumerable.Range(0, clients).Select(number => RunAsync(new Random(seed + number))),
        ];
    }

    /// <summary>How many creations and changes were answered with success.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>How many changes were acknowledged in a second of <see cref="WaitForAsync"/>.</summary>
    public double Rate => _awaited / _awaitedTime.TotalSeconds;

    /// <summary>Waits until the clients have made <paramref name="more"/> further changes.</summary>
    public async Task WaitForAsync(int more)
    {
        var (before, begin) = (Acknowledged, TimeProvider.System.GetTimestamp());
        await Eventually.IsTrueAsync(
            () => Task.FromResult(Acknowledged >= before + more), TimeSpan.FromMinutes(3));
        _awaited += Acknowledged - before;
        _awaitedTime += TimeProvider.System.GetElapsedTime(begin);
    }

    public async Task StopAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_clients);
        _permits.Dispose();
        _ended.Dispose();
    }

    /// <summary>Permits requests. Permits of a time in which no client could send are lost.</summary>
    private async Task PermitAsync(int perTick, int max)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / TicksPerSecond), TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                if (_permits.CurrentCount < max)
                    _permits.Release(perTick);
            }
        }
        catch (OperationCanceledException)
        {
            // The clients end.
        }
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
            await _permits.WaitAsync(_ended.Token);
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
