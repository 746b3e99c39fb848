using System.Net;
using System.Text;
using System.Text.Json;

namespace Terse.Tests.Access;

/// <summary>Tests the limit of creations over HTTP, behind a trusted proxy.</summary>
public sealed class CreationLimitTests : IAsyncLifetime
{
    private const string Forwarded = "X-Forwarded-For";
    private const string Link = """{"target": "https://e.example/"}""";

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync(
        ("Limits:CreationsPerAddress", "3"), ("Proxies:Trusted:0", "127.0.0.1"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task An_address_that_has_created_too_many_links_gets_429_and_its_links_still_redirect()
    {
        var code = "";
        for (var left = 2; left >= 0; left--)
        {
            using var created = await CreateAsync("203.0.113.9");
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            Assert.Equal("\"creations-per-address\";q=3;w=60", HeaderOf(created, "RateLimit-Policy"));
            Assert.Matches($"^\"creations-per-address\";r={left};t=[0-9]+$", HeaderOf(created, "RateLimit"));
            Assert.False(created.Headers.Contains("Retry-After"));
            code = JsonDocument.Parse(await created.Content.ReadAsStringAsync())
                .RootElement.GetProperty("code").GetString()!;
        }

        using var refused = await CreateAsync("203.0.113.9");
        await ProblemAssert.AssertProblemAsync(
            refused, HttpStatusCode.TooManyRequests, "too-many-requests", null);
        Assert.Matches("^\"creations-per-address\";r=0;t=[0-9]+$", HeaderOf(refused, "RateLimit"));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 20);

        for (var request = 0; request < 20; request++)
        {
            using var redirect = await _server.SendAsync(
                HttpMethod.Get, $"../../../{code}", body: null, (Forwarded, "203.0.113.9"));
            Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
        }
    }

    [Fact]
    public async Task Addresses_count_apart_and_an_IPv6_network_counts_as_one()
    {
        string[] addresses =
        [
            "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::3", "2001:db8:0:1::4",
            "2001:db8:0:2::1", "203.0.113.1", "127.0.0.1",
        ];
        var statuses = new List<int>();
        foreach (var address in addresses)
        {
            using var response = await CreateAsync(address);
            statuses.Add((int)response.StatusCode);
        }

        Assert.Equal([201, 201, 201, 429, 201, 201, 201], statuses);
    }

    [Fact]
    public async Task Each_item_of_a_batch_that_creates_a_link_counts_alone()
    {
        var create = $$"""{"op": "create", "fields": {{Link}}}""";
        const string Delete = """{"op": "delete", "code": "none"}""";
        using var response = await _server.SendAsync(
            HttpMethod.Post,
            "batch",
            $$"""{"items": [{{create}}, {{Delete}}, {{create}}, {{create}}, {{create}}, {{create}}]}""",
            (Forwarded, "203.0.113.9"));
        var items = JsonDocument.Parse(await response.Content.ReadAsStringAsync())
            .RootElement.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("status").GetInt32())
            .ToList();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(404, items[1]);
        Assert.Equal([201, 201, 201, 404, 429, 429], items.Order());
        Assert.Matches("^\"creations-per-address\";r=0;t=[0-9]+$", HeaderOf(response, "RateLimit"));
        using var next = await CreateAsync("203.0.113.9");
        Assert.Equal(HttpStatusCode.TooManyRequests, next.StatusCode);
    }

    [Fact]
    public async Task A_key_has_a_limit_of_its_own_and_a_refusal_uses_up_nothing_of_it()
    {
        await using var server = await TerseServer.StartAsync(
            ("Limits:CreationsPerKey", "2"), ("Limits:CreationsPerAddress", "1"),
            ("Proxies:Trusted:0", "127.0.0.1"));
        string[] addresses = ["203.0.113.1", "203.0.113.1", "203.0.113.2", "203.0.113.3"];
        var answers = new List<string>();
        foreach (var address in addresses)
        {
            using var response = await server.SendAsync(HttpMethod.Post, "", Link, (Forwarded, address));
            answers.Add($"{(int)response.StatusCode} {HeaderOf(response, "RateLimit").Split(';')[1]}");
        }

        Assert.Equal(["201 r=1", "429 r=1", "201 r=0", "429 r=0"], answers);
    }

    [Fact]
    public async Task Without_a_limit_there_are_no_headers()
    {
        await using var server = await TerseServer.StartAsync();
        using var created = await server.CreateAsync("https://e.example/");

        Assert.DoesNotContain(
            created.Headers, header => header.Key.StartsWith("RateLimit", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    private static string HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated[name].ToString();

    private Task<HttpResponseMessage> CreateAsync(string address) => SendAsync(Link, address);

    private async Task<HttpResponseMessage> SendAsync(string body, string address)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/api/v1/links", UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Add(Forwarded, address);
        return await _server.Http.SendAsync(request);
    }
}
