using System.Collections.Concurrent;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Terse.Harness;

/// <summary>
/// Follows the live stream of events with HTTP/2 and the parser of .NET, as a client of any server would: it
/// connects again after each end, with the last id that it received. Safe for use by any number of threads.
/// </summary>
internal sealed class StreamFollower : IAsyncDisposable
{
    /// <summary>How long the client waits without a <c>retry:</c> of the server.</summary>
    private static readonly TimeSpan DefaultRetry = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _ended = new();
    private readonly HttpClient _http;
    private readonly string _path;
    private readonly ConcurrentQueue<string> _subjects = [];
    private readonly ConcurrentQueue<Version> _versions = [];
    private readonly Task _following;
    private volatile string _lastId = "";
    private volatile SseParser<string>? _parser;
    private int _retries;
    private int _breaks;

    /// <param name="server">The URL of a server, or of a balancer in front of servers.</param>
    /// <param name="path">The path of the stream with its parameters.</param>
    public StreamFollower(string server, string path)
    {
        _http = new HttpClient
        {
            BaseAddress = new Uri(server),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _path = path;
        _following = FollowAsync();
    }

    /// <summary>The subjects of all events, in the order of their arrival.</summary>
    public IReadOnlyList<string> Subjects => [.. _subjects];

    /// <summary>The version of HTTP of each stream.</summary>
    public IReadOnlyList<Version> Versions => [.. _versions];

    /// <summary>The last id that has arrived, also without an event.</summary>
    public string LastId => _parser?.LastEventId is { Length: > 0 } id ? id : _lastId;

    /// <summary>How many streams the server ended with <c>retry:</c>.</summary>
    public int Retries => Volatile.Read(ref _retries);

    /// <summary>How many streams ended in another way.</summary>
    public int Breaks => Volatile.Read(ref _breaks);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _following;
        _http.Dispose();
        _ended.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            var retry = DefaultRetry;
            try
            {
                retry = await ReadStreamAsync() ?? DefaultRetry;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                Interlocked.Increment(ref _breaks);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (!await PassAsync(retry))
                return;
        }
    }

    /// <returns>False if the client ends.</returns>
    private async Task<bool> PassAsync(TimeSpan retry)
    {
        using var timer = new PeriodicTimer(retry, TimeProvider.System);
        try
        {
            return await timer.WaitForNextTickAsync(_ended.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <returns>When to connect again; null if the server did not say.</returns>
    private async Task<TimeSpan?> ReadStreamAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_path, UriKind.Relative))
        {
            Version = _http.DefaultRequestVersion,
            VersionPolicy = _http.DefaultVersionPolicy,
        };
        if (_lastId.Length > 0)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", _lastId);
        using var response = await _http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, _ended.Token);
        response.EnsureSuccessStatusCode();
        _versions.Enqueue(response.Version);
        await using var stream = await response.Content.ReadAsStreamAsync(_ended.Token);
        var parser = SseParser.Create(stream);
        _parser = parser;
        try
        {
            await foreach (var item in parser.EnumerateAsync(_ended.Token))
            {
                using var json = JsonDocument.Parse(item.Data);
                _subjects.Enqueue(json.RootElement.GetProperty("subject").GetString()!);
            }
        }
        finally
        {
            _lastId = LastId;
            _parser = null;
        }

        var retry = parser.ReconnectionInterval;
        if (retry == Timeout.InfiniteTimeSpan)
            throw new IOException("The stream ended without the time of the next attempt.");
        Interlocked.Increment(ref _retries);
        return retry;
    }
}
