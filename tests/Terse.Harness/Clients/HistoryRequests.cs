using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Terse.Harness;

/// <summary>
/// Sends the requests of all history clients and checks each response. Beside the expected status, a server
/// may answer 503 with a Retry-After header; every other response is a violation.
/// </summary>
internal sealed class HistoryRequests(TestServers servers, History history, ResponseTimes times)
{
    /// <summary>How long a client waits for a response by default.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(40);

    private readonly ConcurrentDictionary<string, int> _unavailable = new(StringComparer.Ordinal);
    private int _sent;

    public History History => history;

    /// <summary>How many requests were sent.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>How many responses had status 503, by the problem type in the body.</summary>
    public string Unavailable => _unavailable.IsEmpty
        ? "none"
        : string.Join(", ", _unavailable.OrderBy(cause => cause.Key).Select(c => $"{c.Key} {c.Value}"));

    public TestServer AnyServer(Random random) => servers.Any(random);

    public static HttpRequestMessage Get(string path) => new(HttpMethod.Get, new Uri(path, UriKind.Relative));

    public static HttpRequestMessage WithJson(HttpMethod method, string path, object body) => new(
        method, new Uri(path, UriKind.Relative))
    {
        Content = new StringContent(
            JsonSerializer.Serialize(body), new MediaTypeHeaderValue("application/json")),
    };

    /// <summary>
    /// Sends a request. Returns null if no response arrives within the time limit or the connection breaks,
    /// for example because a fault killed or suspended the server.
    /// </summary>
    /// <param name="server">The server that receives the request.</param>
    /// <param name="request">The request, which the caller disposes.</param>
    /// <param name="timeout">How long the client waits for the response.</param>
    /// <param name="expected">The statuses that are correct beside 503.</param>
    public async Task<HttpResponseMessage?> SendAsync(
        TestServer server, HttpRequestMessage request, TimeSpan timeout, params HttpStatusCode[] expected)
    {
        using var limit = new CancellationTokenSource(timeout, TimeProvider.System);
        var (begun, before) = (TimeProvider.System.GetTimestamp(), server.Disturbances);
        HttpResponseMessage? answer = null;
        try
        {
            Interlocked.Increment(ref _sent);
            answer = await server.Process.Http.SendAsync(request, limit.Token);
            await CheckAsync(request, answer, expected);
        }
        catch (Exception exception)
            when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            // No response arrived, so the client does not know whether the server executed the request.
        }

        if (before % 2 == 0 && before == server.Disturbances)
            times.Add(request.Method, TimeProvider.System.GetElapsedTime(begun), answer?.StatusCode);
        return answer;
    }

    private async Task CheckAsync(
        HttpRequestMessage request, HttpResponseMessage answer, HttpStatusCode[] expected)
    {
        if (expected.Contains(answer.StatusCode))
            return;
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null)
        {
            var cause = await CauseAsync(answer);
            _unavailable.AddOrUpdate(cause, 1, (_, count) => count + 1);
            return;
        }

        history.AddViolation(
            $"{request.Method} {request.RequestUri} was answered {(int)answer.StatusCode}, "
            + $"Retry-After: '{answer.Headers.RetryAfter}'");
    }

    private static async Task<string> CauseAsync(HttpResponseMessage answer)
    {
        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return "page";
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return body.RootElement.GetProperty("detail").GetString()!.Split(':', ';')[0];
    }
}
