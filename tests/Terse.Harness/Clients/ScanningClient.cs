using System.Net;

namespace Terse.Harness;

/// <summary>
/// A client that requests many codes that no link has, as a vulnerability scanner does, and reads reports of
/// visits in between.
/// </summary>
internal sealed class ScanningClient(HistoryRequests requests, int seed)
{
    private const int RequestsAtOnce = 20;

    private static readonly string[] Reports = ["hour", "day", "referrer", "country", "browser"];

    private readonly Random _random = new(seed);

    public async Task RunAsync(CancellationToken ended)
    {
        for (var round = 0; !ended.IsCancellationRequested; round++)
        {
            var server = requests.AnyServer(_random);
            await Task.WhenAll(Enumerable.Range(0, RequestsAtOnce)
                .Select(path => GetAsync(server, $"wp-{round}-{path}.php", HttpStatusCode.NotFound)));
            var report = Reports[_random.Next(Reports.Length)];
            await GetAsync(server, $"/api/v1/visits?by={report}", HttpStatusCode.OK);
        }
    }

    private async Task GetAsync(TestServer server, string path, HttpStatusCode expected)
    {
        using var request = HistoryRequests.Get(path);
        using var answer = await requests.SendAsync(server, request, HistoryRequests.Timeout, expected);
    }
}
