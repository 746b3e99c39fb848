using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Terse.Harness;

namespace Terse.Tests;

/// <summary>
/// A complete Terse server that runs in the test process, on a port that the operating system chooses.
/// </summary>
internal sealed class TerseServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SocketsHttpHandler _handler;
    private readonly bool _hasKey;
    private TemporaryFolder? _folder;

    private TerseServer(WebApplication app, bool hasKey)
    {
        _app = app;
        _hasKey = hasKey;
        _handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        Http = new HttpClient(_handler) { BaseAddress = new Uri(app.Urls.First()) };
        Http.DefaultRequestHeaders.Add("User-Agent", Follower.Browser);
        if (hasKey)
            Http.DefaultRequestHeaders.Add("X-Api-Key", AdminKey.Text);
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>
    /// Starts a server that stores its links in a temporary folder. The folder is deleted when the server is
    /// disposed.
    /// </summary>
    public static async Task<TerseServer> StartAsync(params (string Key, string Value)[] settings)
    {
        var folder = new TemporaryFolder();
        try
        {
            var server = await StartAsync(folder.Path, settings);
            server._folder = folder;
            return server;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Starts a server that stores its links in a folder. The caller must delete the folder. The requests of
    /// <see cref="Http"/> have a key with the role admin, unless the settings say who may use the API.
    /// </summary>
    public static Task<TerseServer> StartAsync(
        string folder, params (string Key, string Value)[] settings) =>
        StartAsync(folder, listen: null, settings);

    /// <summary>
    /// Starts a server as above. If <paramref name="listen"/> is not null, it configures the endpoint.
    /// </summary>
    public static async Task<TerseServer> StartAsync(
        string folder, Action<ListenOptions>? listen, params (string Key, string Value)[] settings)
    {
        var hasKey = !settings.Any(setting => setting.Key.StartsWith("Access:", StringComparison.Ordinal));
        var app = Program.BuildServer(
        [
            new("Access:AdminKeyFile", hasKey ? AdminKey.File : null),
            new("Urls", listen is null ? "http://127.0.0.1:0" : ""),
            new("Storage:Folder", folder),
            new("Visits:RingSlots", "1024"),
            new("Telemetry:LogFormat", "text"),
            new("Telemetry:SlowRequest", "01:00:00"), // A slow machine leaves no lines in the log.
            .. settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)),
        ]);
        if (listen is not null)
        {
            app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Listen(
                IPAddress.Loopback, 0, listen);
        }

        await app.StartAsync();
        return new TerseServer(app, hasKey);
    }

    /// <summary>
    /// Posts a body unchanged to the endpoint that creates links. The media type is JSON by default.
    /// </summary>
    public async Task<HttpResponseMessage> PostAsync(
        string body, string mediaType = "application/json", string? host = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, mediaType);
        request.Headers.Host = host;
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> CreateAsync(
        string target, string? code = null, string? domain = null, string? host = null) =>
        PostAsync(JsonSerializer.Serialize(new { target, code, domain }), host: host);

    /// <summary>
    /// Sends a request to the links API. The headers are not validated, so that a test can send invalid
    /// headers.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(
            method, new Uri("/api/v1/links/" + path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request);
    }

    /// <summary>
    /// Sends a raw request, which an HTTP client might refuse to send. Returns everything that the server
    /// sends until the server closes the connection. A request of the API gets the key of <see cref="Http"/>.
    /// </summary>
    public async Task<string> SendRawAsync(string request)
    {
        var endOfLine = request.IndexOf("\r\n", StringComparison.Ordinal);
        if (_hasKey && endOfLine > 0 && request[..endOfLine].Contains(" /api/", StringComparison.Ordinal))
            request = request.Insert(endOfLine, $"\r\nX-Api-Key: {AdminKey.Text}");
        using var client = new TcpClient();
        await client.ConnectAsync(Http.BaseAddress!.Host, Http.BaseAddress.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    /// <summary>
    /// Creates a link, asserts that the creation succeeds, and returns the code of the link.
    /// </summary>
    public async Task<string> CreateCodeAsync(string target, string? code = null, string? domain = null)
    {
        using var response = await CreateAsync(target, code, domain);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var link = await response.Content.ReadFromJsonAsync<JsonElement>();
        return link.GetProperty("code").GetString()!;
    }

    /// <summary>Blocks a host with all its subdomains.</summary>
    public async Task BlockAsync(string host)
    {
        using var response = await Http.PostAsJsonAsync(
            new Uri("/api/v1/blocks", UriKind.Relative), new { host, subdomains = true });
        Assert.Equal(System.Net.HttpStatusCode.Created, response.StatusCode);
    }

    public async Task<HttpResponseMessage> GetAsync(string path, string? host = null, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Host = host;
        if (accept is not null)
            request.Headers.Add("Accept", accept);
        return await Http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _handler.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder?.Dispose();
    }
}
