using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Terse.Tests.Hosting;

/// <summary>Tests over HTTP what a server takes from the headers of proxies.</summary>
public sealed class ForwardedRequestTests
{
    private const string Client = "203.0.113.9";
    private const string Forged = "198.51.100.66";
    private const string Far = "172.20.16.1";
    private const string Middle = "172.20.16.18";
    private const string Near = "172.20.16.17";

    private static readonly string[] Addresses =
        [Client, Forged, Far, Middle, Near, "2001:db8::7", "10.0.0.1", "127.0.0.1"];

    private static readonly (string, string) Trusted = ("Proxies:Trusted:0", "172.20.16.0/24");

    [Theory]
    [InlineData(1, $"{Forged}, {Client}", Client)]
    [InlineData(1, $"{Client}, {Far}", Far)]
    [InlineData(3, $"{Client}, {Far}, {Middle}", Client)]
    [InlineData(3, $"{Far}, {Middle}, {Near}", Far)]
    [InlineData(2, $"{Far}, {Middle}, {Near}", Middle)]
    [InlineData(20, $"{Far}, {Middle}, {Near}", Far)]
    [InlineData(20, $"{Forged}, {Client}, {Far}, {Middle}", Client)]
    [InlineData(20, $"{Far}, {Client}, {Middle}", Client)]
    [InlineData(1, $"{Client}:50123", Client)]
    [InlineData(1, "2001:db8::7", "2001:db8::7")]
    [InlineData(1, "[2001:db8::7]:443", "2001:db8::7")]
    [InlineData(1, $"::ffff:{Client}", Client)]
    [InlineData(1, "unknown", Near)]
    [InlineData(1, "", Near)]
    [InlineData(3, $"{Client}, unknown, {Far}", Far)]
    public async Task The_client_is_the_first_address_from_the_right_that_is_not_a_trusted_proxy(
        int hops, string forwardedFor, string client)
    {
        await using var proxied = await ProxiedServer.StartAsync(
            Near, Addresses, Trusted, ("Proxies:Hops", $"{hops}"));

        Assert.Equal(client, await proxied.ClientAddressAsync(("X-Forwarded-For", forwardedFor)));
        Assert.Equal(client, await proxied.ClientAddressAsync(
            [.. forwardedFor.Split(", ").Select(one => ("X-Forwarded-For", one))]));
    }

    [Theory]
    [InlineData("X-Forwarded")]
    [InlineData("Forwarded")]
    public async Task Nothing_is_taken_from_a_connection_that_is_no_trusted_proxy(string headers)
    {
        await using var proxied = await ProxiedServer.StartAsync(
            Forged, Addresses, Trusted, ("Proxies:Headers", headers), ("Proxies:Hops", "20"));
        (string, string)[] sent =
        [
            ("Host", "go.example"), ("X-Forwarded-For", Client), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Prefix", "/evil"),
            ("Forwarded", $"for={Client};proto=https;host=evil.example"),
        ];

        Assert.Equal(Forged, await proxied.ClientAddressAsync(sent));
        AssertCodeAfter("http://go.example/", await proxied.ShortUrlAsync(sent));
    }

    [Fact]
    public async Task A_single_IPv6_address_can_be_trusted_and_IPv4_is_found_in_the_form_of_IPv6()
    {
        await using var six = await ProxiedServer.StartAsync(
            "2001:db8::1", Addresses, ("Proxies:Trusted:0", "2001:DB8:0::1"));
        await using var mapped = await ProxiedServer.StartAsync($"::ffff:{Near}", Addresses, Trusted);

        Assert.Equal(Client, await six.ClientAddressAsync(("X-Forwarded-For", Client)));
        Assert.Equal(Client, await mapped.ClientAddressAsync(("X-Forwarded-For", Client)));
    }

    [Theory]
    [InlineData($"for={Client}", Client)]
    [InlineData($"for={Forged}, for={Client};proto=https", Client)]
    [InlineData("for=\"[2001:db8::7]:4711\"", "2001:db8::7")]
    [InlineData($"proto=https;by=_x;For=\"{Client}:80\";host=a.example", Client)]
    [InlineData($"for={Client}, for={Middle}", Client)]
    [InlineData($"for={Client}, proto=https", Near)]
    [InlineData($"for={Client}, for=unknown", Near)]
    [InlineData($"for={Client}, for=_hidden", Near)]
    [InlineData($"for={Client};for={Client}", Near)]
    [InlineData($"for=\", for={Client}", Near)]
    public async Task Forwarded_is_read_where_the_settings_say_so(string forwarded, string client)
    {
        await using var proxied = await ProxiedServer.StartAsync(
            Near, Addresses, Trusted, ("Proxies:Headers", "Forwarded"), ("Proxies:Hops", "2"));

        Assert.Equal(client, await proxied.ClientAddressAsync(
            ("Forwarded", forwarded), ("X-Forwarded-For", Forged)));
    }

    [Fact]
    public async Task A_header_that_the_proxies_do_not_write_is_ignored()
    {
        await using var proxied = await ProxiedServer.StartAsync(Near, Addresses, Trusted);

        Assert.Equal(Client, await proxied.ClientAddressAsync(
            ("X-Forwarded-For", Client), ("Forwarded", $"for={Forged}"), ("X-Real-IP", Forged)));
    }

    [Theory]
    [InlineData("X-Forwarded-Proto", "https", "https://go.example/")]
    [InlineData("X-Forwarded-Proto", "HTTPS", "https://go.example/")]
    [InlineData("X-Forwarded-Proto", "javascript", "http://go.example/")]
    [InlineData("X-Forwarded-Proto", "a b", "http://go.example/")]
    [InlineData("X-Forwarded-Host", "s.example:8443", "http://s.example:8443/")]
    [InlineData("X-Forwarded-Host", "t.example, s.example", "http://s.example/")]
    [InlineData("X-Forwarded-Host", "a@b/c", "http://go.example/")]
    [InlineData("X-Forwarded-Host", "$a..b", "http://go.example/")]
    [InlineData("X-Forwarded-Host", "s.example, _a..b", "http://go.example/")]
    [InlineData("X-Forwarded-Host", "xn--99999999.example", "http://go.example/")]
    [InlineData("X-Forwarded-Host", "\"a,$b..c\"", "http://go.example/")]
    [InlineData("X-Forwarded-Prefix", "/go", "http://go.example/go/")]
    [InlineData("X-Forwarded-Prefix", "/a/b/", "http://go.example/a/b/")]
    [InlineData("X-Forwarded-Prefix", "/", "http://go.example/")]
    [InlineData("X-Forwarded-Prefix", "//evil.example", "http://go.example/")]
    [InlineData("X-Forwarded-Prefix", "/a/../b", "http://go.example/")]
    [InlineData("X-Forwarded-Prefix", "/a%20b", "http://go.example/")]
    [InlineData("X-Forwarded-Prefix", "/a%00b", "http://go.example/")]
    [InlineData("X-Forwarded-Prefix", "/a%2fb", "http://go.example/")]
    [InlineData("X-Forwarded-Prefix", "go", "http://go.example/")]
    public async Task A_short_URL_has_the_scheme_the_host_and_the_prefix_of_the_proxy(
        string name, string value, string start)
    {
        await using var proxied = await ProxiedServer.StartAsync(Near, Addresses, Trusted);
        var shortUrl = await proxied.ShortUrlAsync(("Host", "go.example"), (name, value));

        AssertCodeAfter(start, shortUrl);
    }

    [Theory]
    [InlineData("for=203.0.113.9;proto=https;host=s.example", "https://s.example/")]
    [InlineData("for=203.0.113.9;host=s.example, for=172.20.16.18;proto=https", "https://s.example/")]
    [InlineData("proto=https;host=\"s.example:8443\"", "https://s.example:8443/")]
    [InlineData("proto=ftp;host=s.example", "http://s.example/")]
    [InlineData("host=\"a,b\"", "http://go.example/")]
    [InlineData("host=$a..b", "http://go.example/")]
    [InlineData("host=xn--99999999.example", "http://go.example/")]
    [InlineData("host=s.example, host=$a..b", "http://go.example/")]
    public async Task A_short_URL_has_the_scheme_and_the_host_of_Forwarded(string forwarded, string start)
    {
        await using var proxied = await ProxiedServer.StartAsync(
            Near, Addresses, Trusted, ("Proxies:Headers", "Forwarded"), ("Proxies:Hops", "2"));
        var shortUrl = await proxied.ShortUrlAsync(
            ("Host", "go.example"), ("Forwarded", forwarded), ("X-Forwarded-Prefix", "/evil"));

        AssertCodeAfter(start, shortUrl);
    }

    [Theory]
    [InlineData("", "/a")]
    [InlineData("/a/b", "/a")]
    [InlineData("/go", "/b.c/d")]
    public async Task A_prefix_is_removed_from_the_path_if_the_proxy_has_left_it(string left, string prefix)
    {
        await using var proxied = await ProxiedServer.StartAsync(Near, Addresses, Trusted);
        (string, string) header = ("X-Forwarded-Prefix", left.Length > 0 ? left : prefix);
        await proxied.Server.PostAsync(
            """{"target": "https://e.example/", "code": "f", "forwardPath": true}""");
        using var redirect = await proxied.SendAsync(HttpMethod.Get, $"{left}/f/x%2Fy", body: null, header);
        using var listed = await proxied.SendAsync(
            HttpMethod.Get, $"{left}/api/v1/links", body: null, header);

        Assert.Equal("https://e.example/x%2Fy", redirect.Headers.NonValidated["Location"].ToString());
        Assert.Equal(HttpStatusCode.OK, listed.StatusCode);
    }

    [Fact]
    public async Task The_code_that_is_spelled_like_the_prefix_is_still_found()
    {
        await using var proxied = await ProxiedServer.StartAsync(Near, Addresses, Trusted);
        using var response = await proxied.SendAsync(
            HttpMethod.Get, "/a", body: null, ("X-Forwarded-Prefix", "/a"));

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
    }

    [Fact]
    public async Task Every_URL_that_the_API_returns_has_the_prefix()
    {
        await using var proxied = await ProxiedServer.StartAsync(Near, Addresses, Trusted);
        (string, string)[] headers = [("Host", "go.example"), ("X-Forwarded-Prefix", "/go")];
        using var created = await proxied.SendAsync(
            HttpMethod.Post, "/api/v1/links", """{"target": "https://e.example/", "code": "c"}""", headers);
        using var shown = await proxied.SendAsync(HttpMethod.Get, "/api/v1/links/c", body: null, headers);
        using var domains = await proxied.SendAsync(HttpMethod.Get, "/api/v1/domains", body: null, headers);
        using var preview = await proxied.SendAsync(HttpMethod.Get, "/c+", body: null, headers);
        using var home = await proxied.SendAsync(HttpMethod.Get, "/", body: null, headers);

        Assert.Equal("/go/api/v1/links/c", created.Headers.Location?.OriginalString);
        Assert.Equal("http://go.example/go/c", await ReadAsync(shown, "shortUrl"));
        Assert.Equal("http://go.example/go/c", await ReadAsync(preview, "shortUrl"));
        Assert.Contains(
            "\"/go/api/v1/domains/default\"",
            await domains.Content.ReadAsStringAsync(),
            StringComparison.Ordinal);
        Assert.Contains(
            "http://go.example/go", await home.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    // Which digit a generated code begins with depends on the time of the day.
    private static void AssertCodeAfter(string start, string shortUrl) =>
        Assert.Matches($"^{Regex.Escape(start)}[0-9][0-9A-Za-z]*$", shortUrl);

    private static async Task<string?> ReadAsync(HttpResponseMessage response, string property) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync())
            .RootElement.GetProperty(property).GetString();
}
