using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Harness;

/// <summary>
/// Steady load on a fleet that counts every request: redirects on connections that stay open, redirects on
/// new connections, creations with an idempotency key, and changes of a link. No request is repeated.
/// </summary>
internal sealed class CountedLoad : IAsyncDisposable
{
    private const string Target = "https://example.com/counted";

    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false, UseProxy = false };
    private readonly HttpClient _http;
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly ConcurrentQueue<Uri> _created = [];
    private RepeatedRequests? _running;
    private int _requests;

    private CountedLoad(Uri balancer) => _http = new HttpClient(_handler)
    {
        BaseAddress = balancer,
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>How many requests have been answered or have failed.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>What went wrong, one line a request.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>The short URLs of all links whose creation was acknowledged.</summary>
    public IReadOnlyCollection<Uri> Created => _created;

    /// <summary>Creates a link, and begins to follow it and to create others.</summary>
    /// <param name="balancer">The URL of the fleet.</param>
    /// <param name="clients">
    /// How many clients follow the link on connections that stay open; as many use new connections. One more
    /// creates links, and one more changes the first link. Each sends up to 50 requests a second.
    /// </param>
    public static async Task<CountedLoad> StartAsync(Uri balancer, int clients = 2)
    {
        var load = new CountedLoad(balancer);
        await load.CreateAsync(CancellationToken.None);
        var link = load._created.Single();
        Task OpenAsync(CancellationToken stopping) => load.FollowAsync(link, isClosed: false, stopping);
        Task NewAsync(CancellationToken stopping) => load.FollowAsync(link, isClosed: true, stopping);
        Func<CancellationToken, Task>[] follow = [OpenAsync, NewAsync];
        load._running = new RepeatedRequests(
            TimeSpan.FromMilliseconds(20),
            [
                .. Enumerable.Repeat(follow, clients).SelectMany(both => both),
                load.CreateAsync,
                stopping => load.ChangeAsync(link, stopping),
            ]);
        return load;
    }

    /// <summary>Waits until this many more requests have been answered or have failed.</summary>
    public Task ContinueAsync(int requests)
    {
        var end = Requests + requests;
        return Eventually.IsTrueAsync(() => Task.FromResult(Requests >= end));
    }

    /// <summary>Ends the load, and follows every link that was created.</summary>
    public async Task StopAsync()
    {
        if (_running is not { } running)
            return;
        _running = null;
        await running.DisposeAsync();
        foreach (var link in _created)
            await FollowAsync(link, isClosed: false, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is { } running)
            await running.DisposeAsync();
        _http.Dispose();
        _handler.Dispose();
    }

    private Task FollowAsync(Uri link, bool isClosed, CancellationToken stopping) => CountAsync(
        () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, link);
            request.Headers.ConnectionClose = isClosed;
            return request;
        },
        response => Task.FromResult(response.StatusCode is HttpStatusCode.Redirect
            && response.Headers.Location?.OriginalString == Target),
        stopping);

    private Task CreateAsync(CancellationToken stopping) => CountAsync(
        () => new HttpRequestMessage(HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative))
        {
            Headers = { { "Idempotency-Key", Path.GetRandomFileName() } },
            Content = JsonContent.Create(new { target = Target }),
        },
        async response =>
        {
            if (response.StatusCode is not HttpStatusCode.Created)
                return false;
            var link = await response.Content.ReadFromJsonAsync<JsonElement>();
            _created.Enqueue(new Uri(link.GetProperty("shortUrl").GetString()!));
            return true;
        },
        stopping);

    private Task ChangeAsync(Uri link, CancellationToken stopping) => CountAsync(
        () => new HttpRequestMessage(
            HttpMethod.Patch, new Uri($"/api/v1/links{link.AbsolutePath}", UriKind.Relative))
        {
            Content = JsonContent.Create(new { title = Path.GetRandomFileName() }),
        },
        response => Task.FromResult(response.StatusCode is HttpStatusCode.OK),
        stopping);

    /// <summary>A request that the end of the load cancels is no failure.</summary>
    private async Task CountAsync(
        Func<HttpRequestMessage> create,
        Func<HttpResponseMessage, Task<bool>> check,
        CancellationToken stopping)
    {
        using var request = create();
        var begin = TimeProvider.System.GetTimestamp();
        void Fail(string reason) => _failures.Enqueue(string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Method} {request.RequestUri}, {TimeProvider.System.GetElapsedTime(begin)}: {reason}"));
        try
        {
            using var response = await _http.SendAsync(request, stopping);
            if (!await check(response))
                Fail($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(stopping)}");
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException
                && !stopping.IsCancellationRequested)
        {
            Fail(exception.Message);
        }

        Interlocked.Increment(ref _requests);
    }
}
