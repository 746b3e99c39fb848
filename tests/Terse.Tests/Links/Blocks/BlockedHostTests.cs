using Terse.Links;

namespace Terse.Tests.Links;

public sealed class BlockedHostTests
{
    [Theory]
    [InlineData("Spam.example.", "spam.example")]
    [InlineData("%73pam.example", "spam.example")]
    [InlineData("b\u00fccher.example", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("b\u00fccher\u3002example", "xn--bcher-kva.example")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("0xc0.0.02.1", "192.0.2.1")]
    [InlineData("3221225985", "192.0.2.1")]
    [InlineData("[::ffff:192.0.2.1]", "192.0.2.1")]
    [InlineData("[2001:DB8:0::1]", "[2001:db8::1]")]
    [InlineData("localhost", "localhost")]
    [InlineData("*.Example.", "*.example")]
    [InlineData("*.b\u00fccher.example", "*.xn--bcher-kva.example")]
    [InlineData("*-Login.example", "*-login.example")]
    [InlineData("*login.b\u00fccher.example", "*login.xn--bcher-kva.example")]
    public void All_spellings_of_a_host_are_one_host(string text, string expected)
    {
        Assert.True(BlockedHost.TryParse(text, out var host, out var reason), reason);
        Assert.Equal(new BlockedHost(expected, IncludesSubdomains: false), host);
    }

    [Fact]
    public void A_dot_before_a_host_includes_its_subdomains()
    {
        Assert.True(BlockedHost.TryParse(".Evil.example", out var host, out _));
        Assert.Equal(new BlockedHost("evil.example", IncludesSubdomains: true), host);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("**.example")]
    [InlineData("*.*.example")]
    [InlineData("a*.example")]
    [InlineData("a.*.example")]
    [InlineData("%2A.example")]
    [InlineData("%2Aevil")]
    [InlineData(".a%2a.example")]
    [InlineData("*.%2A.example")]
    [InlineData("*zip")]
    [InlineData("*-l\u00f6gin.example")]
    [InlineData("*a b.example")]
    [InlineData("*.192.0.2.1")]
    [InlineData("*.1")]
    [InlineData(".192.0.2.1")]
    [InlineData(".[2001:db8::1]")]
    [InlineData("..evil.example")]
    [InlineData("evil..example")]
    [InlineData(".")]
    [InlineData("evil.example:443")]
    [InlineData("https://evil.example")]
    [InlineData("user@evil.example")]
    [InlineData("evil.example/")]
    [InlineData("0.0.0.0 evil.example")]
    [InlineData("xn--\u00fc.example")]
    public void Other_texts_are_refused_with_a_reason(string? text)
    {
        Assert.False(BlockedHost.TryParse(text, out _, out var reason));
        Assert.Matches("^(must|is) [^.]", reason);
    }

    [Fact]
    public void A_host_has_at_most_255_characters()
    {
        var longest = string.Join('.', Enumerable.Repeat(new string('a', 63), 4));

        Assert.True(BlockedHost.TryParse(longest, out _, out _));
        Assert.False(BlockedHost.TryParse(longest + "a", out _, out _));
    }
}
