using System.Net;
using System.Net.Mime;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Reads the title of the page to which a link leads. Anyone who creates links chooses which host the server
/// connects to. So each connection, also after a redirect, goes only to an allowed address, and time and size
/// are limited. Safe for use by any number of threads.
/// </summary>
internal sealed class TitleFetcher : IDisposable
{
    /// <summary>The maximum time for the whole request, from the name lookup to the last byte.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>The number of bytes of a page that are read; the rest is ignored.</summary>
    public const int MaxBytes = 1 << 16;

    private const int MaxRedirects = 5;

    /// <summary>Contains "bot", so that the visits of a short URL count as those of a bot.</summary>
    private const string UserAgent = "Mozilla/5.0 (compatible; TerseTitleBot/1.0)";

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;
    private readonly TimeProvider _time;

    /// <param name="isAllowed">Whether the server may connect to an address and a port.</param>
    /// <param name="time">Measures the time limit.</param>
    public TitleFetcher(Func<IPEndPoint, bool> isAllowed, TimeProvider time)
    {
        _time = time;
        var guard = new AddressGuard(
            isAllowed, "The host has no public address, or the port is not allowed.");
        _handler = new SocketsHttpHandler
        {
            ConnectCallback = guard.ConnectAsync,
            MaxAutomaticRedirections = MaxRedirects,
            MaxResponseHeadersLength = 32, // KiB
            PooledConnectionLifetime = TimeSpan.Zero,
            UseCookies = false,
            UseProxy = false,
        };
        _client = new HttpClient(_handler);
        _client.Timeout = System.Threading.Timeout.InfiniteTimeSpan; // FetchAsync limits the time.
        _client.DefaultRequestHeaders.UserAgent.ParseAdd(UserAgent);
        _client.DefaultRequestHeaders.Accept.ParseAdd(MediaTypeNames.Text.Html);
    }

    /// <param name="target">The target of a link.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The title; null if the target is not an HTML page with a title.</returns>
    /// <exception cref="HttpRequestException">
    /// The host cannot be reached, has no public address, or sends no valid response.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// <see cref="Timeout"/> passed, or the caller cancelled the request.
    /// </exception>
    public async Task<string?> FetchAsync(string target, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(TargetAscii.Of(target), UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
        {
            return null;
        }

        using var timeout = new CancellationTokenSource(Timeout, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var response = await _client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, end.Token);
        var type = response.Content.Headers.ContentType;
        return response.IsSuccessStatusCode
            && string.Equals(type?.MediaType, MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase)
                ? HtmlTitle.Read(await ReadStartAsync(response.Content, end.Token), type!.CharSet)
                : null;
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private static async Task<byte[]> ReadStartAsync(
        HttpContent content, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        var bytes = new byte[MaxBytes];
        var length = await body.ReadAtLeastAsync(
            bytes, MaxBytes, throwOnEndOfStream: false, cancellationToken);
        return bytes[..length];
    }
}
