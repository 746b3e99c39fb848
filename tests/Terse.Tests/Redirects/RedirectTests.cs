using System.Net;

namespace Terse.Tests.Redirects;

public sealed class RedirectTests : IAsyncLifetime
{
    private TerseServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task A_request_for_a_code_is_redirected_to_the_target(string method)
    {
        var code = await _server.CreateCodeAsync("https://example.com/a?b#c d");
        var path = new Uri("/" + code, UriKind.Relative);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await _server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("https://example.com/a?b#c%20d", response.Headers.NonValidated["Location"].Single());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("noindex", response.Headers.GetValues("X-Robots-Tag").Single());
        Assert.Equal(0, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_target_with_non_ASCII_letters_is_stored_as_sent_and_redirected_to_in_ASCII()
    {
        const string Target = "https://bücher.example/ä";
        var code = await _server.CreateCodeAsync(Target);
        using var followed = await _server.GetAsync("/" + code);
        using var shown = await _server.GetAsync("/api/v1/links/" + code);

        Assert.Equal(
            "https://xn--bcher-kva.example/%C3%A4", followed.Headers.NonValidated["Location"].Single());
        Assert.Contains($"\"{Target}\"", await shown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_is_no_browser_gets_problem_JSON_for_an_unknown_code()
    {
        using var response = await _server.GetAsync("/nope");
        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.NotFound, "link-not-found", null);
    }

    [Fact]
    public async Task A_browser_gets_a_page_for_an_unknown_code()
    {
        const string Accept = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
        using var response = await _server.GetAsync("/nope", accept: Accept);
        var page = await response.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<h1>The link was not found</h1>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/%00")]
    [InlineData("/%ff")]
    [InlineData("/a%0d%0ab")]
    [InlineData("/a%20b")]
    [InlineData("/ä")]
    [InlineData("/a/b")]
    [InlineData("/api/v2")]
    [InlineData("/sitemap.xml")]
    public async Task A_path_that_can_be_no_code_gets_a_client_error(string path)
    {
        using var response = await _server.GetAsync(path);
        Assert.InRange((int)response.StatusCode, 400, 499);
    }

    [Fact]
    public async Task A_path_longer_than_any_code_gets_404()
    {
        using var response = await _server.GetAsync("/" + new string('a', 4000));
        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.NotFound, "path-not-found", null);
    }

    [Theory]
    [InlineData("/sale")]
    [InlineData("/sale/")]
    [InlineData("/sale?from=mail")]
    [InlineData("/sale/?from=mail")]
    [InlineData("/s%61le")]
    public async Task A_slash_and_a_query_after_a_code_are_ignored(string path)
    {
        await _server.CreateCodeAsync("https://example.com/?a", "sale");
        for (var time = 0; time < 2; time++)
        {
            using var response = await _server.GetAsync(path);
            Assert.Equal("https://example.com/?a", response.Headers.NonValidated["Location"].Single());
        }
    }

    [Fact]
    public async Task A_code_answers_only_GET_and_HEAD()
    {
        await _server.CreateCodeAsync("https://example.com/", "sale");
        using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri("/sale", UriKind.Relative));
        using var response = await _server.Http.SendAsync(request);

        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
        await ProblemAssert.AssertProblemAsync(
            response, HttpStatusCode.MethodNotAllowed, "method-not-allowed", null);
    }

    [Fact]
    public async Task Two_domains_have_different_links_with_the_same_code_in_the_cache_too()
    {
        await using var server = await TerseServer.StartAsync(
            ("Domains:Default", "a.example"), ("Domains:Others:0", "b.example"));
        await server.CreateCodeAsync("https://example.com/a", "sale", "a.example");
        await server.CreateCodeAsync("https://example.com/b", "sale", "b.example");
        foreach (var host in new[] { "a.example", "b.example", "B.EXAMPLE:80", "b.example", "c.example" })
        {
            using var response = await server.GetAsync("/sale", host);
            var path = host is "a.example" or "c.example" ? "a" : "b";
            Assert.Equal("https://example.com/" + path, response.Headers.NonValidated["Location"].Single());
        }
    }

    [Fact]
    public async Task Cache_Control_can_be_configured()
    {
        await using var server = await TerseServer.StartAsync(
            ("Redirects:CacheControl", "private, max-age=90"));
        var code = await server.CreateCodeAsync("https://example.com/");
        using var response = await server.GetAsync("/" + code);

        Assert.Equal("max-age=90, private", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task The_home_page_describes_Terse_and_shows_a_first_command()
    {
        using var page = await _server.GetAsync("/");
        var text = await page.Content.ReadAsStringAsync();

        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains($"curl {_server.Http.BaseAddress}api/v1/links", text, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
    }
}
