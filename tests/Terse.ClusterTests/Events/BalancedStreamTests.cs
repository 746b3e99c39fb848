using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// A live stream behind HAProxy with the configuration of <c>./fleet</c>, while the servers restart.
/// </summary>
public sealed class BalancedStreamTests : IAsyncLifetime
{
    private const string Tag = "seen";
    private const string Path = $"/api/v1/events?types=link.created&tags={Tag}";

    private readonly TemporaryFolder _folder = new();
    private readonly int[] _ports = [FreePort.Find(), FreePort.Find()];
    private readonly TerseProcess[] _servers = new TerseProcess[2];
    private PostgresCluster _postgres = null!;
    private HaProxy _balancer = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 1);
        for (var number = 0; number < _servers.Length; number++)
            _servers[number] = await ServeAsync(number);
        var port = FreePort.Find();
        var template = await File.ReadAllTextAsync(
            System.IO.Path.Combine(Repository.Root, "deploy/fleet/Balancer/haproxy.cfg"));
        _balancer = await HaProxy.StartAsync(
            template
                .Replace("@PORT@", Text(port), StringComparison.Ordinal)
                .Replace("@SOCKET@", "unix@" + _folder["socket"], StringComparison.Ordinal)
                .Replace(
                    "@SERVERS@",
                    string.Join("\n    ", _ports.Select(own => $"server s{Text(own)} 127.0.0.1:{Text(own)}")),
                    StringComparison.Ordinal),
            port);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Text(port)}") };
        await Eventually.IsTrueAsync(async () => await TryCreateAsync("warm", tags: []));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _balancer.DisposeAsync();
        await Cleanup.DisposeAllAsync(_servers);
        await _postgres.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_stream_stays_open_while_nothing_happens_and_misses_nothing_while_servers_restart()
    {
        await using var stream = new StreamFollower(_http.BaseAddress!.OriginalString, Path);
        await Eventually.IsTrueAsync(() => Task.FromResult(stream.LastId.Length > 0));
        var codes = new List<string>();
        await CreateAsync(codes);
        await Eventually.IsTrueAsync(() => Task.FromResult(stream.Subjects.Count == 1));

        // The next id comes with a heartbeat.
        var id = stream.LastId;
        await Eventually.IsTrueAsync(() => Task.FromResult(stream.LastId != id));
        Assert.Single(stream.Versions);

        for (var number = 0; number < _servers.Length; number++)
        {
            var stopping = _servers[number].StopAsync();
            while (!stopping.IsCompleted)
                await CreateAsync(codes);
            Assert.Equal(0, await stopping);
            await _servers[number].DisposeAsync();
            _servers[number] = await ServeAsync(number);
            await CreateAsync(codes);
        }

        await Eventually.IsTrueAsync(() => Task.FromResult(stream.Subjects.Count >= codes.Count));
        Assert.Equal(codes.Select(code => $"/{code}"), stream.Subjects);
        Assert.InRange(stream.Retries, 1, 100);
        Assert.Equal(0, stream.Breaks);
        Assert.All(stream.Versions, version => Assert.Equal(HttpVersion.Version20, version));
    }

    private async Task CreateAsync(List<string> codes)
    {
        codes.Add(string.Create(CultureInfo.InvariantCulture, $"c-{codes.Count}"));
        await Eventually.IsTrueAsync(() => TryCreateAsync(codes[^1], Tag));
    }

    /// <remarks>The answer to an earlier attempt may be lost, when its server has ended.</remarks>
    private async Task<bool> TryCreateAsync(string code, params string[] tags)
    {
        using var response = await _http.PostAsJsonAsync(
            new Uri("/api/v1/links", UriKind.Relative), new { target = "https://example.com/", code, tags });
        return response.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict;
    }

    /// <summary>Starts a server that drains long enough for the balancer to notice.</summary>
    private Task<TerseProcess> ServeAsync(int number) => TerseProcess.StartAsync(
        Repository.Program,
        [
            "serve",
            "--urls", $"http://127.0.0.1:{Text(_ports[number])}",
            "--data", _folder[Text(number)],
            "--Drain:Delay", "00:00:02",
            .. PostgresCluster.SettingsOf(_postgres.ConnectionStrings),
        ]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
