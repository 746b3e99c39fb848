using System.Net;
using System.Text;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Tests in which 64 clients on three servers want the same: the last visits of a link, the next version of a
/// link, or a code.
/// </summary>
public sealed class RaceTests : IAsyncLifetime
{
    private const int Clients = 64;

    private readonly List<TerseProcess> _servers = [];
    private PostgresCluster _postgres = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 1);
        for (var server = 0; server < 3; server++)
            _servers.Add(await TerseProcess.ServeAsync(_postgres.ConnectionStrings));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task Exactly_100_visitors_follow_a_link_of_100_visits_with_robots_and_HEAD_in_between()
    {
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(0, """
            {"target": "https://example.com/", "code": "few", "maxVisits": 100}
            """));
        var visits = await RaceAsync(async client =>
        {
            var visits = new List<HttpStatusCode>();
            for (var visit = 0; visit < 4; visit++)
            {
                visits.Add(await SendAsync(client + visit, HttpMethod.Get, "few"));
                Assert.NotEqual(
                    HttpStatusCode.Found, await SendAsync(client, HttpMethod.Get, "few", "Twitterbot/1.0"));
                Assert.NotEqual(HttpStatusCode.Found, await SendAsync(client, HttpMethod.Head, "few"));
            }

            return visits;
        });

        var statuses = visits.SelectMany(status => status).ToList();
        Assert.Equal(100, statuses.Count(status => status == HttpStatusCode.Found));
        Assert.Equal((4 * Clients) - 100, statuses.Count(status => status == HttpStatusCode.Gone));
    }

    [Fact]
    public async Task One_of_64_changes_of_one_version_wins()
    {
        Assert.Equal(
            HttpStatusCode.Created,
            await CreateAsync(0, """{"target": "https://example.com/", "code": "sale"}"""));
        var statuses = await RaceAsync(client => SendAsync(
            client,
            HttpMethod.Patch,
            "api/v1/links/sale",
            body: $$"""{"target": "https://example.com/{{client}}"}""",
            ifMatch: "\"v1\""));

        Assert.Single(statuses, HttpStatusCode.OK);
        Assert.Equal(Clients - 1, statuses.Count(status => status == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task One_of_64_creations_with_one_custom_code_wins()
    {
        var statuses = await RaceAsync(client => CreateAsync(
            client, $$"""{"target": "https://example.com/{{client}}", "code": "wanted"}"""));

        Assert.Single(statuses, HttpStatusCode.Created);
        Assert.Equal(Clients - 1, statuses.Count(status => status == HttpStatusCode.Conflict));
    }

    /// <summary>Runs all clients at the same time; each has a number.</summary>
    private static Task<T[]> RaceAsync<T>(Func<int, Task<T>> run) =>
        Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => run(client))));

    private Task<HttpStatusCode> CreateAsync(int client, string body) =>
        SendAsync(client, HttpMethod.Post, "api/v1/links", body: body);

    /// <summary>Sends a request to one of the servers, by the number of the client.</summary>
    private async Task<HttpStatusCode> SendAsync(
        int client,
        HttpMethod method,
        string path,
        string agent = Follower.Browser,
        string? body = null,
        string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await _servers[client % _servers.Count].Http.SendAsync(request);
        return response.StatusCode;
    }
}
