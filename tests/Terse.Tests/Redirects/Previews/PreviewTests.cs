using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests.Redirects;

/// <summary>Tests what a plus sign and <c>.qr</c> after a code show.</summary>
public sealed class PreviewTests : IAsyncLifetime
{
    private const string Html = LockedServer.Html;

    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await TerseServer.StartAsync(("Links:AllowCredentials", "true"));

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_program_gets_the_target_the_title_and_the_date_as_JSON()
    {
        using var created = await _server.PostAsync(
            """{"target": "https://bücher.example/", "code": "a", "title": "T"}""");
        using var response = await _server.GetAsync("/a+");
        var preview = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("noindex", response.Headers.GetValues("X-Robots-Tag").Single());
        Assert.Equal(
            ["shortUrl", "target", "title", "createdAt", "hasPassword", "hasVisitLimit"],
            preview.EnumerateObject().Select(field => field.Name));
        Assert.Equal($"{_server.Http.BaseAddress}a", preview.GetProperty("shortUrl").GetString());
        Assert.Equal("https://xn--bcher-kva.example/", preview.GetProperty("target").GetString());
        Assert.Equal("T", preview.GetProperty("title").GetString());
        Assert.False(preview.GetProperty("hasPassword").GetBoolean());
        Assert.False(preview.GetProperty("hasVisitLimit").GetBoolean());
    }

    [Fact]
    public async Task A_person_sees_the_host_apart_the_title_the_date_and_a_QR_code()
    {
        const string Body =
            """
            {"target": "https://good.example@bücher.example/?a=\"&b=<i>", "code": "a",
                "title": "<T> {{target}}"}
            """;
        using var created = await _server.PostAsync(Body);
        using var response = await _server.GetAsync("/a+", accept: Html);
        var page = await response.Content.ReadAsStringAsync();
        var link = await created.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal("noindex", response.Headers.GetValues("X-Robots-Tag").Single());
        Assert.Contains("<h1>&lt;T&gt; {{target}}</h1>", page, StringComparison.Ordinal);
        Assert.Contains(
            "<span>https://good.example@</span><b>xn--bcher-kva.example</b>"
            + "<span>/?a=%22&amp;b=%3Ci%3E</span>",
            page,
            StringComparison.Ordinal);
        Assert.Contains("the host is b&#252;cher.example.", page, StringComparison.Ordinal);
        Assert.Contains(
            "Created on " + link.GetProperty("createdAt").GetString()![..10], page, StringComparison.Ordinal);
        Assert.Contains("<img src=\"data:image/svg+xml;base64,", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Html)]
    public async Task The_preview_of_a_link_with_a_password_does_not_show_the_target(string? accept)
    {
        await using var server = await LockedServer.StartAsync();
        (string, string)[] headers = accept is null ? [] : [("Accept", accept)];
        using var response = await server.GetAsync("/a+", headers);
        using var image = await server.GetAsync("/a.qr", headers);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (response.StatusCode, image.StatusCode));
        await LockedServer.AssertHidesTargetAsync(response);
        Assert.Contains("assword", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ko", "https://example.com/ko")]
    [InlineData("en", "https://example.com/all")]
    public async Task The_preview_of_a_link_with_rules_shows_the_target_of_this_visitor(
        string language, string target)
    {
        (await _server.PostAsync(
            """
            {"target": "https://example.com/all", "code": "a",
                "rules": [{"name": "k", "if": {"language": "ko"}, "target": "https://example.com/ko"}]}
            """)).Dispose();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/a+", UriKind.Relative));
        request.Headers.Add("Accept-Language", language);
        using var response = await _server.Http.SendAsync(request);
        var preview = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(target, preview.GetProperty("target").GetString());
    }

    [Theory]
    [InlineData(null, "\"hasVisitLimit\":true")]
    [InlineData(Html, "allows a limited number of visits")]
    public async Task The_preview_of_a_link_with_a_visit_limit_does_not_show_the_target(
        string? accept, string text)
    {
        (await _server.PostAsync(
            """
            {"target": "https://secret.example/", "code": "a", "title": "T", "maxVisits": 1,
                "rules": [{"name": "k", "if": {"os": "linux"}, "target": "https://secret.example/2"}]}
            """)).Dispose();
        using var preview = await _server.GetAsync("/a+", accept: accept);
        using var image = await _server.GetAsync("/a.qr", accept: accept);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (preview.StatusCode, image.StatusCode));
        await LockedServer.AssertHidesTargetAsync(preview);
        var shown = await preview.Content.ReadAsStringAsync();
        Assert.Contains(text, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"enabled": false}""", HttpStatusCode.NotFound, "link-not-found")]
    [InlineData("""{"validFrom": "2999-01-01T00:00Z"}""", HttpStatusCode.NotFound, "link-scheduled")]
    [InlineData("""{"expiresAt": "2000-01-01T00:00Z"}""", HttpStatusCode.Gone, "link-expired")]
    public async Task A_link_that_does_not_work_is_answered_as_a_redirect_would_be(
        string change, HttpStatusCode status, string type)
    {
        await _server.CreateCodeAsync("https://example.com/", "a");
        (await _server.SendAsync(HttpMethod.Patch, "a", change)).Dispose();
        using var response = await _server.GetAsync("/a+");

        await ProblemAssert.AssertProblemAsync(response, status, type, null);
    }

    [Fact]
    public async Task The_preview_of_an_expired_link_shows_its_expired_target()
    {
        (await _server.PostAsync(
            """
            {"target": "https://old.example/", "code": "a", "expiresAt": "2000-01-01T00:00Z",
                "expiredTarget": "https://over.example/"}
            """)).Dispose();
        using var response = await _server.GetAsync("/a+");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Contains("https://over.example/", text, StringComparison.Ordinal);
        Assert.DoesNotContain("old.example", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preview_and_a_QR_code_are_no_visits_and_use_up_no_limit()
    {
        using var created = await _server.PostAsync(
            """{"target": "https://example.com/", "code": "a", "maxVisits": 1}""");
        foreach (var path in new[] { "/a+", "/a.qr", "/a+", "/a.qr" })
        {
            using var shown = await _server.GetAsync(path, accept: Html);
            Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        }

        using var followed = await _server.GetAsync("/a");
        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
    }

    [Fact]
    public async Task A_link_whose_code_ends_with_the_suffix_has_priority()
    {
        await _server.CreateCodeAsync("https://example.com/plain", "menu");
        using var image = await _server.GetAsync("/menu.qr");
        await _server.CreateCodeAsync("https://example.com/own", "menu.qr");
        for (var request = 0; request < 2; request++)
        {
            using var followed = await _server.GetAsync("/menu.qr/");
            Assert.Equal("https://example.com/own", followed.Headers.NonValidated["Location"].Single());
        }

        using var preview = await _server.GetAsync("/menu.qr+");
        using var imageOfOwn = await _server.GetAsync("/menu.qr.qr");
        using var unknown = await _server.GetAsync("/nothing.qr");

        Assert.Equal("image/png", image.Content.Headers.ContentType?.MediaType);
        Assert.Contains("/own", await preview.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("image/png", imageOfOwn.Content.Headers.ContentType?.MediaType);
        await ProblemAssert.AssertProblemAsync(unknown, HttpStatusCode.NotFound, "link-not-found", null);
    }

    [Theory]
    [InlineData("api.qr")]
    [InlineData(".qr")]
    public async Task A_code_whose_beginning_can_be_no_code_is_not_cut(string code)
    {
        await _server.CreateCodeAsync("https://example.com/", code);
        using var response = await _server.GetAsync("/" + code);

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
    }
}
