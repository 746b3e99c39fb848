using System.Net;
using Terse.Harness;

namespace Terse.Tests.Access;

/// <summary>Requests without a key, on a server that allows them from the same machine.</summary>
public sealed class AnonymousTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(("Access:Anonymous", "loopback"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_program_on_the_same_machine_needs_no_key()
    {
        await _server.CreateCodeAsync("https://example.com/", "first");
    }

    [Theory]
    [InlineData("Host", "evil.example")] // DNS rebinding
    [InlineData("Host", "localhost.evil.example")]
    [InlineData("Host", "127.0.0.1.evil.example")]
    [InlineData("Host", "0.0.0.0")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    public async Task A_request_that_may_come_from_elsewhere_needs_a_key(string header, string value)
    {
        using var response = await _server.SendAsAsync(
            null, HttpMethod.Post, "/api/v1/links/first/erase", body: null, (header, value));

        var problem = await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.Unauthorized, "key-required", "Authorization");
        Assert.Contains(
            "terse access create", problem.GetProperty("detail").GetString()!, StringComparison.Ordinal);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8080")]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9:80")]
    [InlineData("[::1]:8080")]
    [InlineData("terse.localhost")]
    public async Task Names_and_addresses_of_the_same_machine_need_no_key(string host)
    {
        using var response = await _server.SendAsAsync(
            null, HttpMethod.Get, "/api/v1/links", body: null, ("Host", host));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_page_of_the_same_origin_needs_no_key()
    {
        var origin = _server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
        using var response = await _server.SendAsAsync(
            null,
            HttpMethod.Get,
            "/api/v1/links",
            body: null,
            ("Origin", origin),
            ("Sec-Fetch-Site", "same-origin"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task HTTP_1_0_needs_a_key_because_nginx_uses_it_for_the_requests_of_others()
    {
        var answer = await _server.SendRawAsync("GET /api/v1/links HTTP/1.0\r\nHost: localhost\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_key_ends_access_without_a_key_even_after_its_revocation()
    {
        using var created = await _server.SendAsAsync(
            null, HttpMethod.Post, AccessServer.Keys, """{"name": "first", "role": "admin"}""");
        var json = System.Text.Json.JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement;
        var (id, key) = (json.GetProperty("id").GetString(), json.GetProperty("key").GetString());
        await Eventually.IsTrueAsync(async () => await ListAsync(null) == HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, await ListAsync(key));

        using var revoked = await _server.SendAsAsync(key, HttpMethod.Delete, $"{AccessServer.Keys}/{id}");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(key));
        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(null));
    }

    [Fact]
    public async Task Without_the_setting_every_request_of_the_API_needs_a_key_and_redirects_need_none()
    {
        await using var server = await TerseServer.StartAsync(("Access:AdminKeyFile", AdminKey.File));
        using var created = await server.SendAsAsync(
            AdminKey.Text, HttpMethod.Post, "/api/v1/links",
            """{"target": "https://example.com/", "code": "open"}""");
        using var followed = await server.SendAsAsync(null, HttpMethod.Get, "/open");
        using var listed = await server.SendAsAsync(null, HttpMethod.Get, "/api/v1/links");
        using var ready = await server.SendAsAsync(null, HttpMethod.Get, "/readyz");

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, listed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    private async Task<HttpStatusCode> ListAsync(string? key)
    {
        using var response = await _server.SendAsAsync(key, HttpMethod.Get, "/api/v1/links");
        return response.StatusCode;
    }
}
