using System.Globalization;
using System.Net;
using Terse.Harness;
using Terse.Web;

namespace Terse.Tests.Web;

public sealed class WebHostTests
{
    [Theory]
    [InlineData("app.example", true)]
    [InlineData("app.example:8443", true)]
    [InlineData("*:9000", true)]
    [InlineData("[::1]:9000", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("*", false)]
    [InlineData("", false)]
    [InlineData("*:0", false)]
    [InlineData("https://app.example", false)]
    [InlineData("app.example/", false)]
    [InlineData("app.example:x", false)]
    public void A_host_or_a_port_is_accepted(string text, bool isValid) =>
        Assert.Equal(isValid, WebHost.TryParse(text, out _));

    [Fact]
    public async Task Short_domains_answer_codes_alone_when_the_API_has_its_own_host()
    {
        await using var server = await TerseServer.StartAsync(("Web:Host", "app.example"));
        using var created = await server.CreateAsync("https://example.com/", "called", host: "app.example");

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        foreach (var path in new[] { "/api/v1/links", "/API/v1/links", "/openapi/v1.json", "/docs" })
        {
            using var elsewhere = await server.GetAsync(path, host: "go.example");
            await ProblemAssert.AssertProblemAsync(
                elsewhere, HttpStatusCode.NotFound, "link-not-found", null);
            using var own = await server.GetAsync(path.ToLowerInvariant(), host: "APP.example:8080");
            Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        }

        using var redirect = await server.GetAsync("/called", host: "go.example");
        using var live = await server.GetAsync("/livez", host: "go.example");
        using var home = await server.GetAsync("/", host: "go.example");
        Assert.Equal(HttpStatusCode.Found, redirect.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, home.StatusCode);
    }

    /// <summary>Clients leave the usual port out.</summary>
    [Theory]
    [InlineData("app.example:80", "app.example", true)]
    [InlineData("app.example:80", "app.example:80", true)]
    [InlineData("app.example:80", "app.example.", true)]
    [InlineData("app.example:80", "app.example:8080", false)]
    [InlineData("app.example:443", "app.example", false)]
    public async Task A_host_without_a_port_means_the_usual_one(string setting, string host, bool isFound)
    {
        await using var server = await TerseServer.StartAsync(("Web:Host", setting));

        using var answer = await server.GetAsync("/openapi/v1.json", host: host);

        Assert.Equal(isFound, answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_port_of_the_API_does_not_depend_on_the_host_that_a_client_sends()
    {
        var (links, web) = (FreePort.Find(), FreePort.Find());
        await using var server = await TerseServer.StartAsync(
            ("Urls", Invariant($"http://127.0.0.1:{links}")), ("Web:Host", Invariant($"*:{web}")));
        using var elsewhere = await server.GetAsync("/api/v1/links", host: Invariant($"127.0.0.1:{web}"));
        await ProblemAssert.AssertProblemAsync(elsewhere, HttpStatusCode.NotFound, "link-not-found", null);

        await using var own = await TerseServer.StartAsync(
            ("Urls", Invariant($"http://127.0.0.1:{web}")), ("Web:Host", Invariant($"*:{web}")));
        using var answer = await own.GetAsync("/api/v1/links", host: "go.example");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Requests_for_the_API_elsewhere_take_the_redirect_of_unknown_codes()
    {
        await using var server = await TerseServer.StartAsync(
            ("Web:Host", "app.example"), ("Domains:Default", "go.example"));
        using var request = new HttpRequestMessage(
            HttpMethod.Patch, new Uri("/api/v1/domains/default", UriKind.Relative));
        request.Headers.Host = "app.example";
        request.Content = new StringContent(
            """{"notFoundRedirect": "https://www.example.org/help"}""", null, "application/json");
        using var changed = await server.Http.SendAsync(request);
        using var answer = await server.GetAsync("/docs", host: "go.example");

        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("https://www.example.org/help", answer.Headers.Location?.ToString());
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
