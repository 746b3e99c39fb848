using System.Net;
using System.Net.Security;
using Terse.Harness;

namespace Terse.Tests.Web;

public sealed class SecurityHeaderTests
{
    private const string Nothing = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";

    [Theory]
    [InlineData("/api/v1/links")]
    [InlineData("/api/v1/links/unknown")]
    [InlineData("/api/v1/unknown")]
    [InlineData("/livez")]
    [InlineData("/robots.txt")]
    [InlineData("/unknown")]
    [InlineData("/openapi/v1.json")]
    public async Task An_answer_that_is_no_page_allows_nothing(string path)
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await server.GetAsync(path);

        Assert.Equal(Nothing, HeaderOf(answer, "Content-Security-Policy"));
        Assert.Equal("nosniff", HeaderOf(answer, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", HeaderOf(answer, "Referrer-Policy"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/unknown")]
    [InlineData("/called+")]
    public async Task A_page_allows_its_own_style_and_no_script(string path)
    {
        await using var server = await TerseServer.StartAsync();
        await server.CreateCodeAsync("https://example.com/", "called");
        using var answer = await server.GetAsync(path, accept: "text/html");

        Assert.Matches(
            "^default-src 'none'; .*style-src 'sha256-[A-Za-z0-9+/]{43}='",
            HeaderOf(answer, "Content-Security-Policy"));
        Assert.DoesNotContain(
            "script-src", HeaderOf(answer, "Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("nosniff", HeaderOf(answer, "X-Content-Type-Options"));
    }

    [Fact]
    public async Task A_redirect_has_no_security_headers_whether_it_is_cached_or_not()
    {
        await using var server = await TerseServer.StartAsync();
        await server.CreateCodeAsync("https://example.com/", "called");
        for (var request = 0; request < 3; request++)
        {
            using var answer = await server.GetAsync("/called");

            Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
            string[] ofUncached = request == 0 ? ["X-Trace-Id"] : [];
            Assert.Equal(
                ["Cache-Control", "Date", "Location", "X-Robots-Tag", .. ofUncached],
                answer.Headers.Select(header => header.Key).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Browsers_are_told_to_stay_with_https_only_by_answers_over_https()
    {
        using var folder = new TemporaryFolder();
        var certificates = new TestCertificates(folder.Path);
        await using var secure = await TerseServer.StartAsync(
            ("Urls", "https://127.0.0.1:0"),
            ("Tls:CertificateFile", certificates.ServerCertificate),
            ("Tls:KeyFile", certificates.ServerKey));
        await using var plain = await TerseServer.StartAsync();
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = certificates.Trust();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) =>
            errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateNameMismatch;
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(secure.Http.BaseAddress!, "/api/v1/links"));
        request.Headers.Host = "app.example";
        using var overTls = await http.SendAsync(request);
        using var overHttp = await plain.GetAsync("/api/v1/links", host: "app.example");

        Assert.Equal("max-age=2592000", HeaderOf(overTls, "Strict-Transport-Security"));
        Assert.False(overHttp.Headers.Contains("Strict-Transport-Security"));
    }

    private static string HeaderOf(HttpResponseMessage answer, string name) =>
        Assert.Single(answer.Headers.GetValues(name));
}
