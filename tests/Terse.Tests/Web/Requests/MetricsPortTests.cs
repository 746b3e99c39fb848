using System.Globalization;
using System.Net;
using Terse.Harness;

namespace Terse.Tests.Web;

/// <summary>
/// OpenTelemetry finds meters by name in the whole process, so a server of another test would add series.
/// </summary>
[CollectionDefinition(nameof(OneMeter), DisableParallelization = true)]
public sealed class OneMeter;

[Collection(nameof(OneMeter))]
public sealed class MetricsPortTests
{
    [Fact]
    public async Task The_metrics_are_on_their_own_address_alone()
    {
        var port = FreePort.Find();
        await using var server = await StartAsync(port);
        using var own = await GetAsync(port, "/metrics");
        using var code = await GetAsync(port, "/sale");
        using var api = await GetAsync(port, "/api/v1/links");
        using var elsewhere = await server.GetAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        Assert.Contains(
            "terse_server_ready{", await own.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(
            (HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound),
            (code.StatusCode, api.StatusCode, elsewhere.StatusCode));
    }

    [Fact]
    public async Task Prometheus_needs_no_header_of_the_PROXY_protocol()
    {
        var port = FreePort.Find();
        await using var server = await StartAsync(
            port, ("Proxies:Trusted:0", "192.0.2.1"), ("Proxies:Protocol", "true"));

        using var own = await GetAsync(port, "/metrics");

        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    /// <summary>
    /// Each series needs memory here and in Prometheus. A client must not be able to make series.
    /// </summary>
    [Fact]
    public async Task Odd_requests_make_no_series()
    {
        var port = FreePort.Find();
        await using var server = await StartAsync(port);
        await SendOddRequestsAsync(server, "first");
        var before = await ReadSeriesAsync(port);
        for (var round = 0; round < 5; round++)
            await SendOddRequestsAsync(server, string.Create(CultureInfo.InvariantCulture, $"other{round}"));

        var after = await ReadSeriesAsync(port);
        after.ExceptWith(before);
        Assert.True(after.Count == 0, string.Join('\n', after));
        Assert.DoesNotContain(before, series => series.Contains("first", StringComparison.Ordinal));
    }

    private static async Task SendOddRequestsAsync(TerseServer server, string word)
    {
        string[] paths =
            [$"/{word}", $"/a/{word}", $"/api/v1/{word}", $"/api/v1/links/{word}", $"/%2F{word}"];
        foreach (var path in paths)
        {
            foreach (var method in new[] { "GET", "POST", "DELETE", word.ToUpperInvariant() })
            {
                using var request = new HttpRequestMessage(
                    new HttpMethod(method), new Uri(path, UriKind.Relative));
                request.Headers.Host = $"{word}.example";
                request.Headers.TryAddWithoutValidation("User-Agent", word);
                request.Headers.TryAddWithoutValidation("Referer", $"https://{word}.example/");
                request.Headers.TryAddWithoutValidation("X-Api-Key", word);
                request.Headers.TryAddWithoutValidation("X-" + word, word);
                using var answer = await server.Http.SendAsync(request);
                Assert.True((int)answer.StatusCode < 500);
            }
        }
    }

    private static async Task<HashSet<string>> ReadSeriesAsync(int port)
    {
        using var answer = await GetAsync(port, "/metrics");
        var text = await answer.Content.ReadAsStringAsync();
        return [.. text.Split('\n')
            .Where(line => line.StartsWith("terse_", StringComparison.Ordinal)
                || line.StartsWith("http_", StringComparison.Ordinal))
            .Select(line => line[..line.LastIndexOf(' ')])];
    }

    private static Task<TerseServer> StartAsync(int port, params (string, string)[] settings) =>
        TerseServer.StartAsync([.. settings, ("Telemetry:MetricsUrl", UrlOf(port, ""))]);

    private static string UrlOf(int port, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}{path}");

    private static async Task<HttpResponseMessage> GetAsync(int port, string path)
    {
        using var http = new HttpClient();
        return await http.GetAsync(new Uri(UrlOf(port, path)));
    }
}
