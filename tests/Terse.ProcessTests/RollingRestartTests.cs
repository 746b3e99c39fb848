using System.Globalization;
using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// Restarts servers behind a HAProxy that sends each request to one server only, and never repeats a request.
/// </summary>
public sealed class RollingRestartTests
{
    private const int Clients = 4;

    private const string Configuration =
        """
        defaults
            mode http
            timeout connect 1s
            timeout client 30s
            timeout server 30s
            retries 0
        frontend balancer
            bind 127.0.0.1:@PORT@
            stats uri /stats
            default_backend servers
        backend servers
            balance roundrobin
            option httpchk GET /readyz
            default-server check inter 100ms fall 1 rise 1
        """;

    [Fact]
    public async Task No_redirect_fails_while_servers_behind_a_balancer_without_retries_restart()
    {
        using var folder = new TemporaryFolder();
        var ports = Enumerable.Range(0, 3).Select(_ => FreePort.Find()).ToArray();
        var servers = new[] { await ServeAsync(folder, ports[1]), await ServeAsync(folder, ports[2]) };
        try
        {
            foreach (var server in servers)
                await CreateAsync(server);
            await File.WriteAllTextAsync(
                folder["haproxy.cfg"],
                Configuration.Replace("@PORT@", Text(ports[0]), StringComparison.Ordinal)
                + $"\n    server a 127.0.0.1:{Text(ports[1])}\n    server b 127.0.0.1:{Text(ports[2])}\n");
            using var balancer = Command.Start("/usr/sbin/haproxy", ["-db", "-f", folder["haproxy.cfg"]]);
            using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
            {
                BaseAddress = new Uri($"http://127.0.0.1:{Text(ports[0])}"),
            };
            await Eventually.IsTrueAsync(() => AreUpAsync(http));

            using var ended = new CancellationTokenSource();
            var clients = Enumerable.Range(0, Clients)
                .Select(_ => FollowUntilAsync(http, ended.Token))
                .ToList();
            for (var index = 0; index < servers.Length; index++)
            {
                Assert.Equal(0, await servers[index].StopAsync());
                await servers[index].DisposeAsync();
                servers[index] = await ServeAsync(folder, ports[index + 1]);
                await Eventually.IsTrueAsync(() => AreUpAsync(http));
            }

            await ended.CancelAsync();
            var statuses = (await Task.WhenAll(clients)).SelectMany(found => found).ToList();
            Assert.NotEmpty(statuses);
            Assert.All(statuses, status => Assert.Equal(HttpStatusCode.Found, status));
            balancer.Kill();
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    /// <summary>Starts a server that drains long enough for the balancer to notice.</summary>
    private static Task<TerseProcess> ServeAsync(TemporaryFolder folder, int port)
    {
        string[] options = ["--data", folder[Text(port)], "--Drain:Delay", "00:00:02"];
        return TerseProcess.StartAsync(
            Repository.Program, ["serve", "--urls", $"http://127.0.0.1:{Text(port)}", .. options]);
    }

    private static async Task CreateAsync(TerseProcess server)
    {
        using var body = new StringContent(
            """{"target": "https://example.com/", "code": "sale"}""", mediaType: new("application/json"));
        using var created = await server.Http.PostAsync(new Uri("/api/v1/links", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    private static async Task<List<HttpStatusCode>> FollowUntilAsync(HttpClient http, CancellationToken ended)
    {
        var statuses = new List<HttpStatusCode>();
        while (!ended.IsCancellationRequested)
        {
            using var answer = await http.GetAsync(
                new Uri("/sale", UriKind.Relative), CancellationToken.None);
            statuses.Add(answer.StatusCode);
        }

        return statuses;
    }

    /// <summary>Whether the balancer sends requests to both servers.</summary>
    private static async Task<bool> AreUpAsync(HttpClient http)
    {
        try
        {
            var state = await http.GetStringAsync(new Uri("/stats;csv", UriKind.Relative));
            return state.Split('\n').Count(IsUp) == 2;
        }
        catch (HttpRequestException)
        {
            return false; // The balancer does not listen yet.
        }
    }

    /// <summary>Whether a line describes one of the two servers, and the server is up.</summary>
    private static bool IsUp(string line) =>
        line.Split(',') is ["servers", "a" or "b", ..] values
        && values.Contains("UP", StringComparer.Ordinal);

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
