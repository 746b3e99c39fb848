using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Clients that create, change and follow links of a server until the end of the load, and remember what
/// the server has acknowledged. A link leads to the last target that was acknowledged, or to a later one that
/// was requested. A redirect that fails is a violation; a refused write is counted.
/// </summary>
internal sealed class MoveLoad : IAsyncDisposable
{
    private readonly TerseProcess _server;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentDictionary<string, string> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _uncertain = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = [];
    private readonly List<Task> _clients = [];
    private int _visits;
    private int _refused;
    private int _number;

    public MoveLoad(TerseProcess server) => _server = server;

    /// <summary>The acknowledged target of each code whose last change is known.</summary>
    public IReadOnlyDictionary<string, string> Targets => _targets
        .Where(pair => !_uncertain.ContainsKey(pair.Key))
        .ToDictionary(StringComparer.Ordinal);

    public IEnumerable<string> Violations => _violations;

    /// <summary>How many requests were redirected.</summary>
    public int Visits => Volatile.Read(ref _visits);

    /// <summary>How many writes were answered with 503 and Retry-After.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public void Start()
    {
        _clients.AddRange(
            [RunAsync(CreateAsync), RunAsync(ChangeAsync), RunAsync(FollowAsync), RunAsync(FollowAsync)]);
    }

    public async Task StopAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _ended.Dispose();
    }

    private async Task RunAsync(Func<Task> work)
    {
        while (!_ended.IsCancellationRequested)
            await work();
    }

    public async Task CreateAsync()
    {
        var target = $"https://example.com/{Interlocked.Increment(ref _number)}";
        using var response = await _server.CreateAsync(target);
        if (response.StatusCode == HttpStatusCode.Created)
        {
            var link = await response.Content.ReadFromJsonAsync<JsonElement>();
            _targets[link.GetProperty("code").GetString()!] = target;
        }
        else
        {
            CountRefused(response);
        }
    }

    private async Task ChangeAsync()
    {
        if (Pick() is not { } code)
            return;
        var target = $"https://example.com/{Interlocked.Increment(ref _number)}";
        if (!_uncertain.TryAdd(code, true))
            return; // Another client changes the link now.
        using var response = await _server.Http.PatchAsJsonAsync(
            new Uri($"/api/v1/links/{code}", UriKind.Relative), new { target });
        if (response.IsSuccessStatusCode)
            _targets[code] = target;
        else
            CountRefused(response);
        _uncertain.TryRemove(code, out _); // A refused change is not made.
    }

    private async Task FollowAsync()
    {
        if (Pick() is not { } code)
            return;
        var isChanging = _uncertain.ContainsKey(code);
        var before = _targets[code];
        using var response = await _server.Http.GetAsync(new Uri($"/{code}", UriKind.Relative));
        if (response.StatusCode == HttpStatusCode.Found)
            Interlocked.Increment(ref _visits);
        else
            _violations.Enqueue($"{code}: {response.StatusCode}");
        if (!isChanging && !_uncertain.ContainsKey(code) && _targets[code] == before
            && response.Headers.Location?.OriginalString != before)
        {
            _violations.Enqueue($"{code}: {response.Headers.Location} instead of {before}");
        }
    }

    private string? Pick()
    {
        var codes = _targets.Keys;
        return codes.Count == 0 ? null : codes.ElementAt(Random.Shared.Next(codes.Count));
    }

    private void CountRefused(HttpResponseMessage response)
    {
        if (response is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null })
            Interlocked.Increment(ref _refused);
        else
            _violations.Enqueue($"A write was answered with {response.StatusCode}.");
    }
}
