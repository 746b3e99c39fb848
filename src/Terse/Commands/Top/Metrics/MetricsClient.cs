using System.Net.Sockets;
using System.Text;

namespace Terse.Commands;

/// <summary>
/// Reads <c>/metrics</c> of servers, without a key. Every failure becomes a reason. Safe for use by any
/// number of threads.
/// </summary>
internal sealed class MetricsClient : IDisposable
{
    private const int MaxMebibytes = 8;

    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false };
    private readonly HttpClient _http;

    /// <param name="limit">How long the answer of a server may take.</param>
    /// <param name="time">The clock.</param>
    public MetricsClient(TimeSpan limit, TimeProvider time)
    {
        _time = time;
        _limit = limit;
        _http = new(_handler)
        {
            MaxResponseContentBufferSize = MaxMebibytes * 1024 * 1024,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        // Not the format OpenMetrics, which writes some names differently.
        _http.DefaultRequestHeaders.Accept.ParseAdd("text/plain;version=0.0.4");
    }

    /// <summary>Reads the metrics. Returns either the metrics or a reason; the other value is null.</summary>
    /// <param name="address">The address of the server's metrics, without the path <c>/metrics</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<(Scrape? Scrape, string? Error)> ReadAsync(
        string address, CancellationToken cancellationToken)
    {
        if (ParseAddress(address) is not { } url)
            return (null, $"The address of its metrics is wrong: {address}");
        using var limit = new CancellationTokenSource(_limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ReadAsync(url, both.Token);
        }
        catch (HttpRequestException exception)
        {
            return (null, ReasonOf(exception));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"No answer within {_limit.TotalSeconds:0.#} s.");
        }
    }

    /// <summary>Returns the URL of the metrics; null if the address is none.</summary>
    public static Uri? ParseAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? new Uri(url, "/metrics")
            : null;

    private async Task<(Scrape?, string?)> ReadAsync(Uri url, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(url, cancellationToken);
        if (!response.IsSuccessStatusCode)
            return (null, $"/metrics answered with status {(int)response.StatusCode}.");
        var text = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        var scrape = new Scrape(text, _time.GetTimestamp());
        return scrape.Server is null
            ? (null, "The answer is not the metrics of a Terse server.")
            : (scrape, null);
    }

    private static string ReasonOf(HttpRequestException exception) => exception switch
    {
        { InnerException: SocketException { SocketErrorCode: var code } } =>
            $"The connection failed: {code}.",
        { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            $"The answer is longer than {MaxMebibytes} MiB.",
        { HttpRequestError: HttpRequestError.Unknown } => exception.Message,
        _ => $"The request failed: {exception.HttpRequestError}.",
    };

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }
}
