using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Terse.Harness;

/// <summary>
/// A receiver of webhooks on 127.0.0.1 in the test process. It verifies each signature, keeps each event
/// that it accepts, in the order of arrival, and answers as its test wants. Safe for use by any number of
/// threads.
/// </summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private const string SecretPrefix = "whsec_";

    private readonly WebApplication _app;
    private readonly Func<ReceivedEvent, HttpContext, Task<int>> _answer;
    private readonly ConcurrentQueue<ReceivedEvent> _accepted = [];
    private readonly ConcurrentQueue<string> _wrong = [];
    private byte[] _key = [];
    private int _requests;

    private WebhookReceiver(
        Func<ReceivedEvent, HttpContext, Task<int>> answer,
        TestCertificates? certificates,
        HttpProtocols protocols)
    {
        _answer = answer;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                if (certificates is not null)
                {
                    listen.UseHttps(X509Certificate2.CreateFromPemFile(
                        certificates.ServerCertificate, certificates.ServerKey));
                }
            }));
        _app = builder.Build();
        _app.Run(ReceiveAsync);
    }

    /// <summary>The URL; with TLS, it has the host of the certificate.</summary>
    public string Url =>
        _app.Urls.Single().Replace("https://127.0.0.1", "https://localhost", StringComparison.Ordinal)
        + "/events";

    /// <summary>The events that were answered with 2xx, in the order of their arrival.</summary>
    public IReadOnlyList<ReceivedEvent> Accepted => [.. _accepted];

    /// <summary>The requests whose signature was wrong.</summary>
    public IReadOnlyList<string> Wrong => [.. _wrong];

    /// <summary>How many requests arrived.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <param name="answer">
    /// Returns the status of the response to an event. It may wait, or abort the connection. Null: always
    /// 204.
    /// </param>
    /// <param name="certificates">The certificate of the receiver; null: without TLS.</param>
    /// <param name="protocols">What the receiver offers to a client.</param>
    public static async Task<WebhookReceiver> StartAsync(
        Func<ReceivedEvent, HttpContext, Task<int>>? answer = null,
        TestCertificates? certificates = null,
        HttpProtocols protocols = HttpProtocols.Http1)
    {
        var receiver = new WebhookReceiver(
            answer ?? ((_, _) => Task.FromResult(StatusCodes.Status204NoContent)), certificates, protocols);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>Creates a webhook that sends events to this receiver, and returns its id.</summary>
    /// <param name="http">A client of a server.</param>
    /// <param name="types">The types of the events.</param>
    public Task<string> SubscribeAsync(HttpClient http, params string[] types) =>
        SubscribeAsync(http, types, tags: []);

    /// <inheritdoc cref="SubscribeAsync(HttpClient, string[])"/>
    /// <param name="http">A client of a server.</param>
    /// <param name="types">The types of the events.</param>
    /// <param name="tags">The tags of the links; none for all links.</param>
    public async Task<string> SubscribeAsync(
        HttpClient http, IReadOnlyList<string> types, IReadOnlyList<string> tags)
    {
        var body = JsonSerializer.Serialize(new { url = Url, types, tags });
        using var response = await http.PostAsync(
            new Uri("/api/v1/webhooks", UriKind.Relative),
            new StringContent(body, Encoding.UTF8, "application/json"));
        using var webhook = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        response.EnsureSuccessStatusCode();
        _key = Convert.FromBase64String(
            webhook.RootElement.GetProperty("secret").GetString()![SecretPrefix.Length..]);
        return webhook.RootElement.GetProperty("id").GetString()!;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (!IsSigned(context.Request.Headers, body.ToArray()))
        {
            _wrong.Enqueue(context.Request.Headers["webhook-id"].ToString());
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var received = ReceivedEvent.Parse(body.ToArray());
        context.Response.StatusCode = await _answer(received, context);
        if (context.Response.StatusCode < StatusCodes.Status300MultipleChoices)
            _accepted.Enqueue(received);
    }

    /// <summary>Verifies the signature after https://www.standardwebhooks.com.</summary>
    private bool IsSigned(IHeaderDictionary headers, byte[] body)
    {
        byte[] signed =
        [
            .. Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.")),
            .. body,
        ];
        var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(_key, signed));
        return headers["webhook-signature"].ToString().Split(' ').Contains(expected, StringComparer.Ordinal);
    }
}

/// <summary>An event as a receiver reads it.</summary>
/// <param name="Id">The id.</param>
/// <param name="Type">The type, such as <c>terse.link.changed.v1</c>.</param>
/// <param name="Link">The id of the link; null if the event is not about a link.</param>
/// <param name="Version">The version of the link; 0 if the event is not about a link.</param>
/// <param name="Target">The target of the link after the change; null if the event does not tell.</param>
/// <param name="Visits">The number of visits by people; 0 if the event is not about visits.</param>
internal sealed record ReceivedEvent(
    string Id, string Type, string? Link, int Version, string? Target, long Visits)
{
    public static ReceivedEvent Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        var data = root.GetProperty("data");
        return new(
            root.GetProperty("id").GetString()!,
            root.GetProperty("type").GetString()!,
            data.TryGetProperty("link", out var link) ? link.GetString() : null,
            data.TryGetProperty("version", out var version) ? version.GetInt32() : 0,
            data.TryGetProperty("after", out var after) ? after.GetProperty("target").GetString() : null,
            data.TryGetProperty("visits", out var visits) ? visits.GetInt64() : 0);
    }
}
