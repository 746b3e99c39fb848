using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Terse.Harness;
using Terse.TestSupport;

namespace Terse.Tests.Events;

/// <summary>Reads a live stream of a server over HTTP.</summary>
internal sealed class LiveReader : IDisposable
{
    private const string Path = "/api/v1/events";

    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly StringBuilder _text = new();

    private LiveReader(HttpClient http, HttpResponseMessage response)
    {
        (_http, _response) = (http, response);
        Ended = ReadAsync();
    }

    /// <summary>Completes when the server ends the stream; fails if it cuts it off.</summary>
    public Task Ended { get; }

    public HttpStatusCode Status => _response.StatusCode;

    public Version Version => _response.Version;

    public HttpResponseHeaders Headers => _response.Headers;

    public string? MediaType => _response.Content.Headers.ContentType?.ToString();

    /// <summary>Everything that has arrived.</summary>
    public string Text
    {
        get
        {
            lock (_text)
                return _text.ToString();
        }
    }

    /// <summary>The events that have arrived.</summary>
    public IReadOnlyList<StreamMessage> Events
    {
        get
        {
            StreamMessage[] events = [.. StreamClient.Parse(Text).Where(message => message.Data is not null)];
            Assert.All(events, one => EventSchemaAssert.IsValid(Encoding.UTF8.GetBytes(one.Data!)));
            return events;
        }
    }

    /// <summary>The last id that has arrived.</summary>
    public string? LastId =>
        StreamClient.Parse(Text).LastOrDefault(message => message.Id is not null)?.Id;

    public static async Task<LiveReader> OpenAsync(
        TerseServer server,
        string query = "",
        string? lastId = null,
        string? key = null,
        bool isHttp2 = false)
    {
        var http = new HttpClient(new SocketsHttpHandler())
        {
            BaseAddress = server.Http.BaseAddress,
        };
        http.DefaultRequestHeaders.Add("X-Api-Key", key ?? AdminKey.Text);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Path + query, UriKind.Relative))
        {
            Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (lastId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new(http, response);
    }

    /// <summary>Waits until a number of events has arrived.</summary>
    public async Task<IReadOnlyList<StreamMessage>> WaitAsync(int events)
    {
        await Eventually.IsTrueAsync(() => Task.FromResult(Events.Count >= events || Ended.IsCompleted));
        return Events;
    }

    /// <summary>Waits until the stream has sent all events of the past.</summary>
    public async Task<LiveReader> WaitUntilLiveAsync()
    {
        await Eventually.IsTrueAsync(() => Task.FromResult(
            Text.Contains(": live\n", StringComparison.Ordinal) || Ended.IsCompleted));
        return this;
    }

    public void Dispose()
    {
        _response.Dispose();
        _http.Dispose();
    }

    private async Task ReadAsync()
    {
        await using var stream = await _response.Content.ReadAsStreamAsync();
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer) is > 0 and var read)
        {
            lock (_text)
                _text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
    }
}
