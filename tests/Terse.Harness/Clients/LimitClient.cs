using System.Net;

namespace Terse.Harness;

/// <summary>
/// A client that creates a link with a visit limit and follows it from many connections on all servers. All
/// servers together must not redirect more often than the limit allows.
/// </summary>
internal sealed class LimitClient(HistoryRequests requests, int seed)
{
    private const int Limit = 5;
    private const int FollowersAtOnce = 8;

    private const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    private readonly Random _random = new(seed);
    private int _usedUp;

    /// <summary>How many links were used up exactly.</summary>
    public int UsedUp => Volatile.Read(ref _usedUp);

    public async Task RunAsync(CancellationToken ended)
    {
        for (var number = 0; !ended.IsCancellationRequested; number++)
        {
            var code = $"l-{seed}-{number}";
            using var request = HistoryRequests.WithJson(
                HttpMethod.Post,
                "/api/v1/links",
                new { target = $"https://example.com/{code}", code, maxVisits = Limit });
            using var answer = await requests.SendAsync(
                requests.AnyServer(_random), request, HistoryRequests.Timeout, HttpStatusCode.Created);
            if (answer?.StatusCode == HttpStatusCode.Created)
                await UseUpAsync(code);
        }
    }

    private async Task UseUpAsync(string code)
    {
        var redirects = 0;
        for (var round = 0; round < 2; round++)
        {
            var servers = Enumerable.Range(0, FollowersAtOnce)
                .Select(_ => requests.AnyServer(_random))
                .ToList();
            var followed = await Task.WhenAll(servers.Select(server => FollowAsync(server, code)));
            redirects += followed.Count(isRedirected => isRedirected);
        }

        if (redirects > Limit)
        {
            requests.History.AddViolation(
                $"{code} was redirected {redirects} times, and its limit is {Limit}");
        }

        if (redirects == Limit)
            Interlocked.Increment(ref _usedUp);
    }

    private async Task<bool> FollowAsync(TestServer server, string code)
    {
        using var request = HistoryRequests.Get(code);
        request.Headers.TryAddWithoutValidation("User-Agent", Browser);
        using var answer = await requests.SendAsync(
            server, request, HistoryRequests.Timeout, HttpStatusCode.Found, HttpStatusCode.Gone);
        return answer?.StatusCode == HttpStatusCode.Found;
    }
}
