using Terse.Links;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

public sealed class ReadableTargetTests
{
    [Theory]
    [InlineData("https://example.com/a?b#c", "https://|example.com|/a?b#c", null)]
    [InlineData("https://example.com", "https://|example.com|", null)]
    [InlineData("https://example.com:8443/a", "https://|example.com|:8443/a", null)]
    [InlineData("https://google.com@evil.example/", "https://google.com@|evil.example|/", null)]
    [InlineData("https://x.example\\@evil.example/", "https://|x.example|/@evil.example/", null)]
    [InlineData("https://[2001:db8::1]:80/", "https://|[2001:db8::1]|:80/", null)]
    [InlineData("https://bücher.example/ä", "https://|xn--bcher-kva.example|/ä", "bücher.example")]
    [InlineData("https://xn--80ak6aa92e.com/", "https://|xn--80ak6aa92e.com|/", "аррӏе.com")]
    [InlineData("https://e.example/%ED%95%9C%EA%B8%80/%ed%95%9c", "https://|e.example|/한글/한", null)]
    [InlineData("https://e.example/한글?q=뭐", "https://|e.example|/한글?q=뭐", null)]
    [InlineData("https://e.example/a%20b%2Fc%41", "https://|e.example|/a%20b%2Fc%41", null)]
    [InlineData("https://e.example/%FF%C3%zz%", "https://|e.example|/%FF%C3%zz%", null)]
    [InlineData("https://e.example/a\u202Eb", "https://|e.example|/a%E2%80%AEb", null)]
    [InlineData("https://e.example/a\u200Bb\u00A0c", "https://|e.example|/a%E2%80%8Bb%C2%A0c", null)]
    [InlineData("mailto:a@e.example", "||mailto:a@e.example", null)]
    [InlineData("HTTPS://E.example/", "HTTPS://|E.example|/", null)]
    public void The_host_stands_apart_and_only_letters_are_decoded(
        string target, string parts, string? unicodeHost)
    {
        var (before, host, after, unicode) = ReadableTarget.Of(TargetAscii.Of(target));

        Assert.Equal((parts, unicodeHost), ($"{before}|{host}|{after}", unicode));
    }
}
