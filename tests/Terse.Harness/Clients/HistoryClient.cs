using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Terse.Harness;

/// <summary>
/// A client that creates a link, follows the link on a different server, follows older links, and requests
/// codes that belong to no link. The only responses that the client accepts are 201, 302, 404, and 503 with a
/// Retry-After header.
/// </summary>
internal sealed class HistoryClient(TestServers servers, History history, ResponseTimes times, int seed)
{
    /// <summary>How long the client waits for the response to one request.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(40);

    private readonly Random _random = new(seed);

    public async Task RunAsync(CancellationToken ended)
    {
        for (var number = 0; !ended.IsCancellationRequested; number++)
        {
            var target = $"https://example.com/{seed}/{number}";
            var code = _random.Next(4) == 0
                ? await CreateOnceAsync(target, ended)
                : await CreateAsync(target);
            if (code is not null)
                await FollowAsync(servers.Any(_random), code);
            if (history.PickCode(_random, last: 1 << _random.Next(12)) is { } other)
                await FollowAsync(servers.Any(_random), other);
            await FollowInventedAsync();
        }
    }

    /// <summary>
    /// Follows a code and records the response. Returns true if the response is a redirect.
    /// </summary>
    public async Task<bool> FollowAsync(TestServer server, string code)
    {
        var mustBeThere = history.IsAcknowledged(code);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(code, UriKind.Relative));
        using var answer = await SendAsync(server, request, Timeout);
        if (answer?.StatusCode == HttpStatusCode.NotFound && mustBeThere)
            history.AddViolation($"{code} was acknowledged, and is answered 404 by {server.Process.Url}");
        if (answer?.StatusCode != HttpStatusCode.Found)
            return false;
        history.Follow(code, answer.Headers.Location!.OriginalString);
        return true;
    }

    private Task<string?> CreateAsync(string target)
    {
        history.Request(target, hasKey: false);
        return TryCreateAsync(target, key: null, Timeout);
    }

    /// <summary>
    /// Sends the same creation, with the same Idempotency-Key, to random servers until one of them
    /// acknowledges the creation. Each attempt has a short time limit. In a quarter of all cases the client
    /// sends the acknowledged creation once more.
    /// </summary>
    private async Task<string?> CreateOnceAsync(string target, CancellationToken ended)
    {
        history.Request(target, hasKey: true);
        var key = string.Create(CultureInfo.InvariantCulture, $"key-{target}");
        string? code = null;
        while (code is null && !ended.IsCancellationRequested)
            code = await TryCreateAsync(target, key, TimeSpan.FromSeconds(0.1 + (4 * _random.NextDouble())));
        if (_random.Next(4) == 0)
            await TryCreateAsync(target, key, Timeout);
        return code;
    }

    private async Task<string?> TryCreateAsync(string target, string? key, TimeSpan timeout)
    {
        var begun = TimeProvider.System.GetTimestamp();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative))
        {
            Content = new StringContent(
                JsonSerializer.Serialize(new { target }), new MediaTypeHeaderValue("application/json")),
        };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var answer = await SendAsync(servers.Any(_random), request, timeout);
        if (answer?.StatusCode != HttpStatusCode.Created)
            return null;
        var code = answer.Headers.Location!.OriginalString.Split('/')[^1];
        history.Acknowledge(code, target, begun);
        return code;
    }

    /// <summary>
    /// Requests one of three codes that no client has received: a code that is not a valid id, a code whose
    /// id has an old timestamp, or the code that directly follows the latest acknowledged code.
    /// </summary>
    private async Task FollowInventedAsync()
    {
        var code = _random.Next(3) switch
        {
            0 => $"x{_random.Next()}",
            1 => new Tsid((ulong)_random.Next()).ToString(),
            _ when history.PickCode(_random, last: 1) is { } latest =>
                new Tsid(Tsid.Parse(latest, null).Value + 1).ToString(),
            _ => "0",
        };
        await FollowAsync(servers.Any(_random), code);
    }

    /// <summary>
    /// Sends a request. Returns null if no response arrives within the time limit or the connection breaks,
    /// for example because a fault killed or suspended the server.
    /// </summary>
    private async Task<HttpResponseMessage?> SendAsync(
        TestServer server, HttpRequestMessage request, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout, TimeProvider.System);
        var (begun, before) = (TimeProvider.System.GetTimestamp(), server.Disturbances);
        HttpResponseMessage? answer = null;
        try
        {
            answer = await server.Process.Http.SendAsync(request, limit.Token);
            Check(request, answer);
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            // No response arrived, so the client does not know whether the server executed the request.
        }

        if (before % 2 == 0 && before == server.Disturbances)
            times.Add(request.Method, TimeProvider.System.GetElapsedTime(begun), answer?.StatusCode);
        return answer;
    }

    private void Check(HttpRequestMessage request, HttpResponseMessage answer)
    {
        if (answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.Found or HttpStatusCode.NotFound)
            return;

        if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || answer.Headers.RetryAfter is null)
        {
            history.AddViolation(
                $"{request.Method} {request.RequestUri} was answered {(int)answer.StatusCode}, "
                + $"Retry-After: '{answer.Headers.RetryAfter}'");
        }
    }
}
