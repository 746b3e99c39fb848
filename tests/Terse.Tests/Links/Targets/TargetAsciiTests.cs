using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Terse.Domains;
using Terse.Links;
using HostName = Terse.Domains.HostName;

namespace Terse.Tests.Links;

public sealed class TargetAsciiTests
{
    private static readonly LinkOptions WithCredentials = new() { AllowCredentials = true };

    /// <summary>Generates URLs from the parts about which readers of URLs disagree.</summary>
    private static readonly Arbitrary<string> Urls = Gen.Elements(
            "x.com", "evil.com", "@", "\\", "/", "?", "#", ":", ":80", "%40", "%2F", "%5C", "%6f", "%2e",
            "[::1]", "127.1", "0X7f.1", " ", "<", "\"", "|", "^", "`", "{", "}", ";", "ü", "。", ".",
            "..", "🙂")
        .NonEmptyListOf()
        .Select(parts => "https://" + string.Concat(parts))
        .ToArbitrary();

    [Theory]
    [InlineData("https://x.example\\@evil.example/", "https://x.example/@evil.example/")]
    [InlineData("https://x.example/a\\b\\..\\c?d\\e#f\\g", "https://x.example/a/b/../c?d\\e#f\\g")]
    [InlineData("https://x.example#a\\b", "https://x.example#a\\b")]
    [InlineData("https://x.example/ \"<>`{}|^\\", "https://x.example/%20%22%3C%3E%60%7B%7D%7C%5E/")]
    [InlineData("https://x.example/?a b=\"{c}\"#<d>", "https://x.example/?a%20b=%22%7Bc%7D%22#%3Cd%3E")]
    [InlineData("https://x.example/%20%2F+;,'()*!$&=[]~%", "https://x.example/%20%2F+;,'()*!$&=[]~%")]
    [InlineData("https://bücher.example/ä?ö#ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6#%C3%BC")]
    [InlineData("https://BÜCHER.example:8443/", "https://xn--bcher-kva.example:8443/")]
    [InlineData("https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/")]
    [InlineData("HTTPS://Example.com./🙂", "HTTPS://Example.com./%F0%9F%99%82")]
    [InlineData("https://e%76il.example/", "https://evil.example/")]
    [InlineData("http://0X7F.1:80/", "http://127.0.0.1:80/")]
    [InlineData("http://[0:0::1]:80/", "http://[::1]:80/")]
    [InlineData("https://\"x.example/", "https://%22x.example/")]
    [InlineData("https://ü:p@bücher.example/", "https://%C3%BC:p@xn--bcher-kva.example/")]
    [InlineData("https://a@[::1]@x.example/", "https://a%40%5B::1%5D@x.example/")]
    [InlineData("ftp://x.example\\@evil.example/", "ftp://x.example/@evil.example/")]
    [InlineData("WSS://a@b@bücher.example\\c", "WSS://a%40b@xn--bcher-kva.example/c")]
    [InlineData("mailto:jörg <a\\b>@x.example", "mailto:j%C3%B6rg%20%3Ca\\b%3E@x.example")]
    [InlineData("app://ü/a b", "app://%C3%BC/a%20b")]
    public void The_ASCII_form_encodes_what_readers_understand_differently(string text, string ascii)
    {
        Assert.Equal(ascii, TargetAscii.Of(text));
        Assert.Equal(ascii, TargetAscii.Of(ascii));
    }

    [Fact]
    public void Every_reader_of_Location_finds_the_host_that_was_checked() =>
        AssertHolds(
            Prop.ForAll(Urls, text => !Target.TryParse(text, WithCredentials, out var target, out _)
                || HostsOf(TargetAscii.Of(text)).All(host => host == target.Authority!.Host)));

    /// <summary>The cases of other shorteners' bug reports.</summary>
    [Theory]
    [InlineData("https://e.example/?region=A%20%2F%20B area", "https://e.example/?region=A%20%2F%20B%20area")]
    [InlineData("https://e.example/#[[0,%22a%20\\%22b%22]]", "https://e.example/#[[0,%22a%20\\%22b%22]]")]
    [InlineData("https://x.example\\@evil.example/", "https://x.example/@evil.example/")]
    [InlineData("https://en.wiki.example/?2+2_(TV)", "https://en.wiki.example/?2+2_(TV)")]
    public async Task A_redirect_leads_to_the_ASCII_form_and_the_API_shows_the_target_as_sent(
        string target, string location)
    {
        await using var server = await TerseServer.StartAsync();
        var code = await server.CreateCodeAsync(target);
        using var followed = await server.GetAsync("/" + code);
        using var shown = await server.SendAsync(HttpMethod.Get, code);
        using var link = System.Text.Json.JsonDocument.Parse(await shown.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.Found, followed.StatusCode);
        Assert.Equal([location], followed.Headers.NonValidated["Location"]);
        Assert.Equal(target, link.RootElement.GetProperty("target").GetString());
    }

    private static void AssertHolds(Property property) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), property);

    /// <summary>
    /// Finds the host of a URL in the ways of different readers: the authority ends at a slash only, or also
    /// at a backslash; the user ends at the first @ or at the last.
    /// </summary>
    private static IEnumerable<string?> HostsOf(string url)
    {
        foreach (var ends in new[] { "/?#", "/\\?#" })
        {
            var rest = url["https://".Length..];
            var end = rest.AsSpan().IndexOfAny(ends.AsSpan());
            var authority = end < 0 ? rest : rest[..end];
            var first = authority.IndexOf('@', StringComparison.Ordinal);
            foreach (var at in new[] { first, authority.LastIndexOf('@') })
            {
                var host = Authority.Split(authority.AsSpan(at + 1)).Host.ToString();
                yield return HostName.TryCanonicalize(host, out var canonical) ? canonical : null;
            }
        }
    }
}
