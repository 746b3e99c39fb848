using System.Collections.Concurrent;
using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// What clients asked of servers and what they were answered, checked on the spot: no acknowledged link is
/// answered 404 or with another target, no code leads to two targets, and whoever is not answered is told 503
/// with a time to come back.
/// </summary>
internal sealed class History
{
    private readonly ConcurrentDictionary<string, string> _acknowledged = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentBag<string> _codes = [];
    private int _followed;
    private int _unavailable;

    public IEnumerable<string> Violations => _violations;

    public IReadOnlyDictionary<string, string> Acknowledged => _acknowledged;

    public string Summary =>
        $"{_acknowledged.Count} created, {_followed} followed, {_unavailable} answered 503";

    /// <summary>
    /// One client: creates, follows at once elsewhere, follows others, asks for what is not there.
    /// </summary>
    public async Task RunClientAsync(Fleet fleet, int seed, CancellationToken stopping)
    {
        var random = new Random(seed);
        for (var number = 0; !stopping.IsCancellationRequested; number++)
        {
            var target = $"https://example.com/{seed}/{number}";
            if (await CreateAsync(fleet.Any(random), target) is { } code)
                await FollowAsync(fleet.Any(random), code);
            if (_codes.TryPeek(out var latest))
                await FollowAsync(fleet.Any(random), latest);
            await FollowInventedAsync(fleet.Any(random), random);
        }
    }

    /// <summary>Follows a code whose link was acknowledged. Returns whether it got a redirect.</summary>
    public async Task<bool> FollowAsync(TerseProcess server, string code)
    {
        try
        {
            using var response = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
            Check(response, $"GET {code}");
            if (response.StatusCode == HttpStatusCode.NotFound)
                _violations.Enqueue($"{code} was acknowledged, and is answered 404 by {server.Url}");
            if (response.StatusCode != HttpStatusCode.Found)
                return false;
            Interlocked.Increment(ref _followed);
            var target = response.Headers.Location!.OriginalString;
            if (target != _acknowledged[code])
                _violations.Enqueue($"{code} leads to {target} and not to {_acknowledged[code]}");
            return true;
        }
        catch (Exception exception) when (IsCutOff(exception))
        {
            return false;
        }
    }

    private async Task<string?> CreateAsync(TerseProcess server, string target)
    {
        try
        {
            using var response = await server.CreateAsync(target);
            Check(response, "POST");
            if (response.StatusCode != HttpStatusCode.Created)
                return null;
            var code = response.Headers.Location!.OriginalString.Split('/')[^1];
            if (!_acknowledged.TryAdd(code, target))
                _violations.Enqueue($"{code} was given to {_acknowledged[code]} and to {target}");
            _codes.Add(code);
            return code;
        }
        catch (Exception exception) when (IsCutOff(exception))
        {
            return null;
        }
    }

    private async Task FollowInventedAsync(TerseProcess server, Random random)
    {
        var code = random.Next(2) == 0 ? $"x{random.Next()}" : new Tsid((ulong)random.Next()).ToString();
        try
        {
            using var response = await server.Http.GetAsync(new Uri(code, UriKind.Relative));
            Check(response, $"GET {code}");
            if (response.StatusCode == HttpStatusCode.Found && !_acknowledged.ContainsKey(code))
                _violations.Enqueue($"{code} leads somewhere, and nobody created it");
        }
        catch (Exception exception) when (IsCutOff(exception))
        {
            // The server was killed or stands still.
        }
    }

    private void Check(HttpResponseMessage response, string what)
    {
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Interlocked.Increment(ref _unavailable);
            if (response.Headers.RetryAfter is null)
                _violations.Enqueue($"{what} was answered 503 without Retry-After");
        }
        else if (response.StatusCode
            is not (HttpStatusCode.Created or HttpStatusCode.Found or HttpStatusCode.NotFound))
        {
            _violations.Enqueue($"{what} was answered {(int)response.StatusCode}");
        }
    }

    private static bool IsCutOff(Exception exception) =>
        exception is HttpRequestException or OperationCanceledException or ObjectDisposedException;
}
