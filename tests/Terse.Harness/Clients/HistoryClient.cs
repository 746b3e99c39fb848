using System.Globalization;
using System.Net;

namespace Terse.Harness;

/// <summary>
/// A client that creates a link, follows the link on a different server, follows older links, and requests
/// codes that belong to no link. Half of the links get a custom code, which contains no creation time.
/// </summary>
internal sealed class HistoryClient(HistoryRequests requests, int seed)
{
    private readonly Random _random = new(seed);
    private readonly History _history = requests.History;

    public async Task RunAsync(CancellationToken ended)
    {
        for (var number = 0; !ended.IsCancellationRequested; number++)
        {
            var target = $"https://example.com/{seed}/{number}";
            var custom = _random.Next(2) == 0 ? $"c-{seed}-{number}" : null;
            if (custom is not null)
                await FollowAsync(requests.AnyServer(_random), custom); // The link does not exist yet.
            var code = _random.Next(4) == 0
                ? await CreateOnceAsync(target, custom, ended)
                : await CreateAsync(target, custom);
            if (code is not null)
                await FollowAsync(requests.AnyServer(_random), code);
            if (_history.PickCode(_random, last: 1 << _random.Next(12)) is { } other)
                await FollowAsync(requests.AnyServer(_random), other);
            await FollowInventedAsync();
        }
    }

    /// <summary>
    /// Follows a code and records the response. Returns true if the response is a redirect.
    /// </summary>
    public async Task<bool> FollowAsync(TestServer server, string code)
    {
        var mustBeThere = _history.IsAcknowledged(code);
        using var request = HistoryRequests.Get(code);
        using var answer = await requests.SendAsync(
            server, request, HistoryRequests.Timeout, HttpStatusCode.Found, HttpStatusCode.NotFound);
        if (answer?.StatusCode == HttpStatusCode.NotFound && mustBeThere)
            _history.AddViolation($"{code} was acknowledged, and is answered 404 by {server.Process.Url}");
        if (answer?.StatusCode != HttpStatusCode.Found)
            return false;
        _history.Follow(code, answer.Headers.Location!.OriginalString);
        return true;
    }

    private Task<string?> CreateAsync(string target, string? custom)
    {
        _history.Request(target, hasKey: false);
        return TryCreateAsync(target, custom, key: null, HistoryRequests.Timeout);
    }

    /// <summary>
    /// Sends the same creation, with the same Idempotency-Key, to random servers until one of them
    /// acknowledges the creation. Each attempt has a short time limit. In a quarter of all cases the client
    /// sends the acknowledged creation once more.
    /// </summary>
    private async Task<string?> CreateOnceAsync(string target, string? custom, CancellationToken ended)
    {
        _history.Request(target, hasKey: true);
        var key = string.Create(CultureInfo.InvariantCulture, $"key-{target}");
        string? code = null;
        while (code is null && !ended.IsCancellationRequested)
        {
            var timeout = TimeSpan.FromSeconds(0.1 + (4 * _random.NextDouble()));
            code = await TryCreateAsync(target, custom, key, timeout);
        }

        if (_random.Next(4) == 0)
            await TryCreateAsync(target, custom, key, HistoryRequests.Timeout);
        return code;
    }

    private async Task<string?> TryCreateAsync(string target, string? custom, string? key, TimeSpan timeout)
    {
        var begun = TimeProvider.System.GetTimestamp();
        using var request = HistoryRequests.WithJson(
            HttpMethod.Post, "/api/v1/links", new { target, code = custom });
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var answer = await requests.SendAsync(
            requests.AnyServer(_random), request, timeout, HttpStatusCode.Created);
        if (answer?.StatusCode != HttpStatusCode.Created)
            return null;
        var code = answer.Headers.Location!.OriginalString.Split('/')[^1];
        _history.Acknowledge(code, target, begun);
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
            _ when Tsid.TryParse(_history.PickCode(_random, last: 1), null, out var latest) =>
                new Tsid(latest.Value + 1).ToString(),
            _ => "0",
        };
        await FollowAsync(requests.AnyServer(_random), code);
    }
}
