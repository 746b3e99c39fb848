using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests.Links;

public sealed class LinkEndpointsTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_creation_returns_all_fields_of_the_link()
    {
        const string Target = "https://example.com/a?b=c&d=\"e\"#f";
        using var response = await _server.CreateAsync(Target);
        var text = await response.Content.ReadAsStringAsync();
        var link = await response.Content.ReadFromJsonAsync<JsonElement>();
        var code = link.GetProperty("code").GetString()!;
        var host = _server.Http.BaseAddress!.Authority;

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal($"/api/v1/links/{code}", response.Headers.Location!.OriginalString);
        Assert.Equal(
            [
                "id", "domain", "code", "shortUrl", "target", "createdAt", "expiresAt", "maxVisits",
                "aliases", "title", "note", "tags", "enabled", "validFrom", "expiredTarget", "redirectStatus",
                "forwardQuery", "forwardPath", "visitEvents", "rules", "hasPassword", "createdBy",
                "visits",
            ],
            link.EnumerateObject().Select(property => property.Name));
        Assert.Equal(Tsid.Parse(code, null).ToString("D"), link.GetProperty("id").GetString());
        Assert.Equal(host, link.GetProperty("domain").GetString());
        Assert.Equal($"http://{host}/{code}", link.GetProperty("shortUrl").GetString());
        Assert.Equal(Target, link.GetProperty("target").GetString());
        Assert.EndsWith("Z", link.GetProperty("createdAt").GetString(), StringComparison.Ordinal);
        Assert.Contains("b=c&d=\\\"e\\\"#f", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_location_of_a_created_link_shows_the_link()
    {
        using var created = await _server.CreateAsync("https://example.com/", "Sale_2026.a-b");
        using var shown = await _server.GetAsync(created.Headers.Location!.OriginalString);

        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        Assert.Equal(await created.Content.ReadAsStringAsync(), await shown.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_link_is_created_with_its_rules()
    {
        using var created = await _server.PostAsync(
            """
            {"target": "https://a.example/", "code": "sale", "expiresAt": "2027-01-31T18:00Z", "maxVisits": 3}
            """);
        using var shown = await _server.GetAsync("/api/v1/links/sale");
        var link = await created.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal("2027-01-31T18:00:00Z", link.GetProperty("expiresAt").GetString());
        Assert.Equal(3, link.GetProperty("maxVisits").GetInt64());
        Assert.Equal(await created.Content.ReadAsStringAsync(), await shown.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_target_on_a_blocked_host_is_refused()
    {
        await using var server = await TerseServer.StartAsync();
        await server.BlockAsync("Spam.example");
        using var response = await server.CreateAsync("https://www.SPAM.example/");

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.BadRequest, "target-blocked", "target");
    }

    [Fact]
    public async Task A_code_in_use_keeps_its_first_target()
    {
        await _server.CreateCodeAsync("https://example.com/first", "sale");
        using var second = await _server.CreateAsync("https://example.com/second", "sale");
        using var followed = await _server.GetAsync("/sale");

        await ProblemAssert.AssertProblemAsync(second, HttpStatusCode.Conflict, "code-taken", "code");
        Assert.Equal("https://example.com/first", followed.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Codes_are_compared_exactly()
    {
        await _server.CreateCodeAsync("https://example.com/upper", "Sale");
        await _server.CreateCodeAsync("https://example.com/lower", "sale");
        using var upper = await _server.GetAsync("/Sale");

        Assert.Equal("https://example.com/upper", upper.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_code_without_a_link_is_not_found()
    {
        using var response = await _server.GetAsync("/api/v1/links/nope");
        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.NotFound, "link-not-found", "code");
    }

    [Theory]
    [InlineData("", "request-malformed", null)]
    [InlineData("null", "request-malformed", null)]
    [InlineData("not json", "request-malformed", null)]
    [InlineData("{\"target\":", "request-malformed", "target")]
    [InlineData("[]", "request-malformed", null)]
    [InlineData("\"https://example.com/\"", "request-malformed", null)]
    [InlineData("{\"target\": 42}", "request-malformed", "target")]
    [InlineData("{\"target\": [\"https://example.com/\"]}", "request-malformed", "target")]
    [InlineData("{\"target\": \"\\ud800\"}", "request-malformed", "target")]
    [InlineData("{\"target\": \"https://a.example/\", \"code\": 7}", "request-malformed", "code")]
    [InlineData("{\"target\": \"https://a.example/\", \"domain\": {}}", "request-malformed", "domain")]
    [InlineData("{\"target\": \"https://a.example/\", \"taget\": \"x\"}", "request-malformed", "taget")]
    [InlineData("{\"target\": \"https://a.example/\", \"target\": \"x\"}", "request-malformed", "target")]
    [InlineData("{}", "target-missing", "target")]
    [InlineData("{\"target\": null}", "target-missing", "target")]
    [InlineData("{\"target\": \"\"}", "target-missing", "target")]
    [InlineData("{\"target\": \"/relative\"}", "target-invalid", "target")]
    [InlineData("{\"target\": \"javascript:alert(1)\"}", "target-scheme", "target")]
    [InlineData("{\"target\": \"https://user:secret@example.com/\"}", "target-credentials", "target")]
    [InlineData("{\"target\": \"https://a.example/\\r\\nSet-Cookie: a=b\"}", "target-invalid", "target")]
    [InlineData("{\"target\": \"https://a.example/\", \"code\": \"api\"}", "code-reserved", "code")]
    [InlineData("{\"target\": \"https://a.example/\", \"code\": \"2026\"}", "code-invalid", "code")]
    [InlineData("{\"target\": \"https://a.example/\", \"code\": \"a b\"}", "code-invalid", "code")]
    [InlineData("{\"target\": \"https://a.example/\", \"title\": \"a\\u0000\"}", "field-invalid", "title")]
    [InlineData("{\"target\": \"https://a.example/\", \"tags\": \"a\"}", "request-malformed", "tags")]
    [InlineData("{\"target\": \"https://a.example/\", \"tags\": [1]}", "request-malformed", "tags")]
    [InlineData("{\"target\": \"https://a.example/\", \"tags\": [\"a\", \"A\"]}", "field-invalid", "tags")]
    [InlineData("{\"target\": \"https://a.example/\", \"tags\": [\"\"]}", "field-invalid", "tags")]
    [InlineData("{\"target\": \"https://a.example/\", \"tags\": [null]}", "field-invalid", "tags")]
    [InlineData("{\"target\": \"https://a.example/\", \"enabled\": 1}", "request-malformed", "enabled")]
    [InlineData(
        "{\"target\": \"https://a.example/\", \"redirectStatus\": 303}", "field-invalid", "redirectStatus")]
    [InlineData(
        "{\"target\": \"https://a.example/\", \"redirectStatus\": 3e10}",
        "request-malformed",
        "redirectStatus")]
    [InlineData(
        "{\"target\": \"https://a.example/\", \"forwardQuery\": \"on\"}", "field-invalid", "forwardQuery")]
    [InlineData("{\"target\": \"https://a.example/\", \"expiresIn\": \"1h\"}", "expiry-invalid", "expiresIn")]
    [InlineData(
        "{\"target\": \"https://a.example/\", \"expiredTarget\": \"x\"}", "target-invalid", "expiredTarget")]
    [InlineData("{\"target\": \"https://a.example/\", \"domain\": \"other\"}", "domain-unknown", "domain")]
    [InlineData("{\"target\": \"https://a.example/\", \"expiresAt\": 7}", "request-malformed", "expiresAt")]
    [InlineData(
        "{\"target\": \"https://a.example/\", \"expiresAt\": \"soon\"}", "expiry-invalid", "expiresAt")]
    [InlineData("{\"target\": \"https://a.example/\", \"maxVisits\": 0}", "max-visits-invalid", "maxVisits")]
    public async Task Invalid_input_gets_the_matching_error_type(string body, string type, string? field)
    {
        using var response = await _server.PostAsync(body);
        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, type, field);
    }

    [Fact]
    public async Task A_target_on_this_server_is_refused()
    {
        var port = _server.Http.BaseAddress!.Port;
        string[] hosts = ["127.0.0.1", "LOCALHOST", "127.1", "0x7f000001", "[::1]", "go.localhost"];
        foreach (var host in hosts)
        {
            using var response = await _server.CreateAsync($"http://{host}:{port}/abc");
            await ProblemAssert.AssertProblemAsync(
                response, HttpStatusCode.BadRequest, "target-is-terse", "target");
        }

        await _server.CreateCodeAsync($"http://127.0.0.1:{port + 1}/a-neighbour");
    }

    [Fact]
    public async Task A_body_over_64_KiB_is_refused_with_and_without_a_content_length()
    {
        var body = $$"""{"target": "https://example.com/{{new string('a', 64 * 1024)}}"}""";
        using var announced = await _server.PostAsync(body);
        var links = new Uri("/api/v1/links", UriKind.Relative);
        using var request = new HttpRequestMessage(HttpMethod.Post, links);
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await _server.Http.SendAsync(request);

        await ProblemAssert.AssertProblemAsync(
            announced, HttpStatusCode.RequestEntityTooLarge, "body-too-large", null);
        await ProblemAssert.AssertProblemAsync(
            chunked, HttpStatusCode.RequestEntityTooLarge, "body-too-large", null);
    }

    [Fact]
    public async Task A_body_with_another_media_type_is_refused()
    {
        using var response = await _server.PostAsync(
            "target=https://example.com/", "application/x-www-form-urlencoded");
        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.UnsupportedMediaType, "media-type-unsupported", null);
    }

    [Theory]
    [InlineData("application/json; charset=utf-16", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=nonsense", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=\"utf-8\"", HttpStatusCode.Created)]
    [InlineData("application/json", HttpStatusCode.Created)]
    [InlineData("", HttpStatusCode.UnsupportedMediaType)]
    public async Task Only_UTF8_is_accepted_as_charset(string contentType, HttpStatusCode status)
    {
        using var content = new ByteArrayContent("{\"target\": \"https://example.com/\"}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        using var response = await _server.Http.PostAsync(
            new Uri("/api/v1/links", UriKind.Relative), content);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public async Task An_error_repeats_a_long_field_name_only_in_part()
    {
        using var response = await _server.PostAsync($$"""{"{{new string('x', 60_000)}}": 1}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.InRange((await response.Content.ReadAsStringAsync()).Length, 1, 1000);
    }

    [Theory]
    [InlineData("PUT", "/api/v1/links", "GET, POST")]
    [InlineData("POST", "/api/v1/links/abc", "DELETE, GET, PATCH")]
    [InlineData("POST", "/abc", "GET, HEAD")]
    [InlineData("DELETE", "/", "GET, HEAD")]
    public async Task The_answer_to_a_wrong_method_lists_the_allowed_methods(
        string method, string path, string allowed)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        using var response = await _server.Http.SendAsync(request);

        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.MethodNotAllowed, "method-not-allowed", null);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow));
    }
}
