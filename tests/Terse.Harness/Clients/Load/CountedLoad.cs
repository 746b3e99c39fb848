using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Harness;

/// <summary>
/// Steady load on a fleet that counts every request: redirects of one link on connections that stay open,
/// redirects of the newest link on new connections, creations with an idempotency key, and changes of the
/// first link. No request is repeated. Each link has a target of its own.
/// </summary>
internal sealed class CountedLoad : IAsyncDisposable
{
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false, UseProxy = false };
    private readonly HttpClient _http;
    private readonly ConcurrentQueue<FailedRequest> _failures = [];
    private readonly ConcurrentQueue<CountedLink> _created = [];
    private CountedLink? _newest;
    private RepeatedRequests? _running;
    private int _requests;
    private int _targets;

    private CountedLoad(Uri balancer) => _http = new HttpClient(_handler)
    {
        BaseAddress = balancer,
        Timeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>How many requests have been answered or have failed.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The requests that failed.</summary>
    public IReadOnlyCollection<FailedRequest> Failures => _failures;

    public IEnumerable<FailedRequest> FailedRedirects =>
        _failures.Where(failure => failure.Method == HttpMethod.Get);

    public IEnumerable<FailedRequest> FailedCreations =>
        _failures.Where(failure => failure.Method == HttpMethod.Post);

    /// <summary>All links whose creation was acknowledged, in this order.</summary>
    public IReadOnlyCollection<CountedLink> Created => _created;

    /// <summary>The longest time between two acknowledged creations.</summary>
    public TimeSpan LongestPause => _created.Zip(_created.Skip(1))
        .Select(pair => TimeProvider.System.GetElapsedTime(pair.First.CreatedAt, pair.Second.CreatedAt))
        .DefaultIfEmpty()
        .Max();

    /// <summary>Creates a link, and begins to follow it and to create others.</summary>
    /// <param name="balancer">The URL of the fleet.</param>
    /// <param name="clients">
    /// How many clients follow the first link on connections that stay open; as many follow the newest one on
    /// new connections. One more creates links, and one more changes the first link. Each sends up to 50
    /// requests a second.
    /// </param>
    public static async Task<CountedLoad> StartAsync(Uri balancer, int clients = 2)
    {
        var load = new CountedLoad(balancer);
        await load.CreateAsync(CancellationToken.None);
        var link = load._created.Single();
        Task FirstAsync(CancellationToken stopping) =>
            load.FollowAsync(link.ShortUrl, link, isClosed: false, stopping);
        Task NewestAsync(CancellationToken stopping) => Volatile.Read(ref load._newest) is var newest
            ? load.FollowAsync(newest!.ShortUrl, newest, isClosed: true, stopping)
            : Task.CompletedTask;
        Func<CancellationToken, Task>[] follow = [FirstAsync, NewestAsync];
        load._running = new RepeatedRequests(
            TimeSpan.FromMilliseconds(20),
            [
                .. Enumerable.Repeat(follow, clients).SelectMany(both => both),
                load.CreateAsync,
                stopping => load.ChangeAsync(link.ShortUrl, stopping),
            ]);
        return load;
    }

    /// <summary>Waits until this many more requests have been answered or have failed.</summary>
    public Task ContinueAsync(int requests)
    {
        var end = Requests + requests;
        return Eventually.IsTrueAsync(() => Task.FromResult(Requests >= end));
    }

    /// <summary>Waits until this many more links have been created.</summary>
    public Task CreateMoreAsync(int links, TimeSpan? limit = null)
    {
        var end = _created.Count + links;
        return Eventually.IsTrueAsync(() => Task.FromResult(_created.Count >= end), limit);
    }

    /// <summary>
    /// Ends the load, and follows every link that was created: through the balancer, and on each of the
    /// servers.
    /// </summary>
    public async Task StopAsync(params IEnumerable<Uri> servers)
    {
        if (_running is not { } running)
            return;
        _running = null;
        await running.DisposeAsync();
        Uri[] everywhere = [_http.BaseAddress!, .. servers];
        await Parallel.ForEachAsync(
            from link in _created
            from server in everywhere
            select (Address: new Uri(server, link.ShortUrl.AbsolutePath), Link: link),
            async (follow, stopping) => await FollowAsync(
                follow.Address, follow.Link, isClosed: false, stopping));
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is { } running)
            await running.DisposeAsync();
        _http.Dispose();
        _handler.Dispose();
    }

    private Task FollowAsync(Uri address, CountedLink link, bool isClosed, CancellationToken stopping) =>
        CountAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, address);
                request.Headers.Host = link.ShortUrl.Authority;
                request.Headers.ConnectionClose = isClosed;
                return request;
            },
            response => Task.FromResult(response.StatusCode is HttpStatusCode.Redirect
                && response.Headers.Location?.OriginalString == link.Target),
            stopping);

    private Task CreateAsync(CancellationToken stopping)
    {
        var target = string.Create(
            CultureInfo.InvariantCulture, $"https://example.com/{Interlocked.Increment(ref _targets)}");
        return CountAsync(
            () => new HttpRequestMessage(HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative))
            {
                Headers = { { "Idempotency-Key", Path.GetRandomFileName() } },
                Content = JsonContent.Create(new { target }),
            },
            async response =>
            {
                if (response.StatusCode is not HttpStatusCode.Created)
                    return false;
                var link = await response.Content.ReadFromJsonAsync<JsonElement>();
                var created = new CountedLink(
                    new Uri(link.GetProperty("shortUrl").GetString()!),
                    target,
                    TimeProvider.System.GetTimestamp());
                _created.Enqueue(created);
                Volatile.Write(ref _newest, created);
                return true;
            },
            stopping);
    }

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
        try
        {
            using var response = await _http.SendAsync(request, stopping);
            if (!await check(response))
            {
                var body = await response.Content.ReadAsStringAsync(stopping);
                Fail(request, $"{response.StatusCode} {response.Headers.Location}{body}".TrimEnd());
            }
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException
                && !stopping.IsCancellationRequested)
        {
            Fail(request, exception.Message);
        }

        Interlocked.Increment(ref _requests);
    }

    private void Fail(HttpRequestMessage request, string reason) =>
        _failures.Enqueue(new(request.Method, request.RequestUri!, reason));
}

/// <summary>A link whose creation was acknowledged.</summary>
/// <param name="ShortUrl">The short URL, with the balancer's host and port.</param>
/// <param name="Target">The target, which no other link has.</param>
/// <param name="CreatedAt">The timestamp of the answer.</param>
internal sealed record CountedLink(Uri ShortUrl, string Target, long CreatedAt);

internal sealed record FailedRequest(HttpMethod Method, Uri Address, string Reason);
