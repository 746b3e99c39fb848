using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Events;

/// <summary>
/// Sends events to webhooks. Clients choose the URL, so each connection goes only to an address that
/// <see cref="WebhookOptions"/> allows, no redirect is followed, and time and size are limited. Safe for use
/// by any number of threads.
/// </summary>
internal sealed class WebhookClient : IDisposable
{
    private const string UserAgent = "Terse-Webhooks";

    private const string Refusal =
        "The host has no address to which requests may go. Webhooks:AllowedNetworks names those that are not "
        + "public.";

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;
    private readonly TimeSpan _timeout;
    private readonly string _source;
    private readonly TimeProvider _time;

    /// <param name="options">The settings.</param>
    /// <param name="source">The <c>source</c> of the events.</param>
    /// <param name="time">Measures the time limit, and the time of signatures.</param>
    public WebhookClient(WebhookOptions options, string source, TimeProvider time)
    {
        (_timeout, _source, _time) = (options.Timeout, source, time);
        _handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = new AddressGuard(options.ToAddressRule(), Refusal).ConnectAsync,
            ConnectTimeout = options.Timeout,
            EnableMultipleHttp2Connections = true,
            MaxResponseDrainSize = 0,
            MaxResponseHeadersLength = 32, // KiB

            // A receiver that moves to another address gets its requests there after this time.
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            UseCookies = false,
            UseProxy = false,
        };
        _client = new HttpClient(_handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Timeout = Timeout.InfiniteTimeSpan, // SendAsync limits the time.
        };
    }

    /// <summary>Sends an event once.</summary>
    /// <exception cref="OperationCanceledException">
    /// The caller cancelled; the receiver may have the event.
    /// </exception>
    public async Task<WebhookResponse> SendAsync(
        Webhook webhook, StoredEvent stored, CancellationToken cancellationToken)
    {
        var (at, begin) = (_time.GetUtcNow(), _time.GetTimestamp());
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = CreateRequest(webhook, stored, at);
            using var response = await _client.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, end.Token);
            var text = await ResponseText.ReadAsync(response.Content, end.Token);
            return new(
                new(at, (int)response.StatusCode, _time.GetElapsedTime(begin), text),
                ResultOf(response),
                RetryAfterOf(response.Headers.RetryAfter));
        }
        catch (Exception exception) when (ReasonOf(exception) is { } reason
            && !cancellationToken.IsCancellationRequested)
        {
            return new(
                new(at, null, _time.GetElapsedTime(begin), ResponseText.Clean(reason)),
                AttemptResult.Failed,
                RetryAfter: null);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private HttpRequestMessage CreateRequest(Webhook webhook, StoredEvent stored, DateTimeOffset at)
    {
        var uri = new Uri(TargetAscii.Of(webhook.Url), UriKind.Absolute);
        var body = CloudEvent.Write(stored, _source);
        var (id, timestamp) = (stored.Position.ToString(), at.ToUnixTimeSeconds());
        var secrets = webhook.Secrets.Where(secret => secret.Until is not { } until || until > at)
            .Select(secret => secret.Value);
        var signature = WebhookSignature.Sign(secrets, id, timestamp, body);
        var request = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Content = new ByteArrayContent(body),
            Version = _client.DefaultRequestVersion,
            VersionPolicy = _client.DefaultVersionPolicy,
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(CloudEvent.ContentType, "utf-8");
        var headers = request.Headers;
        headers.Add("User-Agent", UserAgent);
        headers.Add(WebhookSignature.IdHeader, id);
        headers.Add(WebhookSignature.TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture));
        headers.Add(WebhookSignature.SignatureHeader, signature);
        return request;
    }

    private static AttemptResult ResultOf(HttpResponseMessage response) => response switch
    {
        { IsSuccessStatusCode: true } => AttemptResult.Delivered,
        { StatusCode: HttpStatusCode.Gone } => AttemptResult.Gone,
        _ => AttemptResult.Failed,
    };

    private TimeSpan? RetryAfterOf(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);

    /// <summary>Why a request failed; null for a bug.</summary>
    private string? ReasonOf(Exception exception) => exception switch
    {
        OperationCanceledException => $"No response within {_timeout.TotalSeconds} s.",
        HttpRequestException { InnerException: AuthenticationException inner } => inner.Message,
        HttpRequestException or IOException or JsonException or FormatException => exception.Message,
        _ => null,
    };
}
