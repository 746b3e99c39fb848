using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Domains;

/// <summary>
/// Tests that the response to a creation names the domain under which the new link can be found.
/// </summary>
public sealed class DomainPickingTests
{
    [Theory]
    [InlineData(null, "s.example.org", "s.example.org", "s.example.org")]
    [InlineData(null, "s.example.org", "s.example.org", null)]
    [InlineData(null, "s.example.org", "s.example.org:8080", "s.example.org:8080")]
    [InlineData(null, "s.example.org", "go.example.com", null)]
    [InlineData(null, "s.example.org", "go.example.com", "go.example.com")]
    [InlineData(null, "s.example.org", "go.example.com", "s.example.org")]
    [InlineData("localhost:8080", "localhost", "localhost:8080", null)]
    [InlineData("localhost:8080", "localhost", "localhost:8080", "localhost")]
    [InlineData("localhost:8080", "localhost", "localhost", "localhost:8080")]
    [InlineData("go.example.com", "s.example.org", "s.example.org", "go.example.com")]
    [InlineData("go.example.com", "s.example.org", "S.EXAMPLE.ORG.", "Go.Example.Com.")]
    [InlineData("xn--fa-hia.example", "s.example.org", "s.example.org", "xn--fa-hia.example")]
    [InlineData("go.example.com", "xn--bcher-kva.example", "go.example.com", "b\u00fccher.example")]
    public async Task A_link_is_found_at_its_short_URL_and_at_its_location(
        string? byDefault, string other, string host, string? named)
    {
        using var folder = new TemporaryFolder();
        await using var server = byDefault is null
            ? await TerseServer.StartAsync(folder.Path, ("Domains:Others:0", other))
            : await TerseServer.StartAsync(
                folder.Path, ("Domains:Others:0", other), ("Domains:Default", byDefault));
        using var created = await server.CreateAsync("https://example.com/", domain: named, host: host);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var link = await created.Content.ReadFromJsonAsync<JsonElement>();
        var shortUrl = new Uri(link.GetProperty("shortUrl").GetString()!);

        using var followed = await server.GetAsync(shortUrl.AbsolutePath, shortUrl.Authority);
        using var shown = await server.GetAsync(created.Headers.Location!.OriginalString, host);

        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Equal(await created.Content.ReadAsStringAsync(), await shown.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("POST /api/v1/links HTTP/1.0")]
    [InlineData("POST /api/v1/links HTTP/1.1", "")]
    [InlineData("POST /api/v1/links HTTP/1.1", "xn--")]
    [InlineData("POST /api/v1/links HTTP/1.1", "..")]
    public async Task Without_a_valid_Host_header_the_short_URL_contains_the_server_address(
        string line, string? host = null)
    {
        await using var server = await TerseServer.StartAsync();
        const string Body = "{\"target\": \"https://example.com/\"}";
        var answer = await server.SendRawAsync(
            $"{line}\r\n{(host is null ? "" : $"Host: {host}\r\n")}Content-Type: application/json\r\n"
            + $"Connection: close\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

        Assert.StartsWith("HTTP/1.1 201", answer, StringComparison.Ordinal);
        Assert.Contains($"\"shortUrl\":\"{server.Http.BaseAddress}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_Host_header_does_not_cause_a_server_error()
    {
        await using var server = await TerseServer.StartAsync(
            ("Domains:Others:0", "s.example.org"));
        foreach (var path in new[] { "/", "/abc", "/api/v1/links/abc" })
        {
            var answer = await server.SendRawAsync(
                $"GET {path} HTTP/1.1\r\nHost: xn--\r\nConnection: close\r\n\r\n");
            Assert.DoesNotContain(" 500 ", answer[..20], StringComparison.Ordinal);
        }
    }
}
