using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class TargetTests
{
    private static readonly LinkOptions Defaults = new();

    private static readonly TargetRules FurtherSchemes = RulesOf(
        new() { OtherSchemes = ["ftp", "ws", "wss", "app"] });

    [Theory]
    [InlineData("https://example.com")]
    [InlineData("HTTP://EXAMPLE.com:8080/a/../b?c#d e")]
    [InlineData("https://\"www.example.com/quoted")]
    [InlineData("https://a_b.example.com/back\\slash")]
    [InlineData("http://192.0.2.7/{x}|y")]
    [InlineData("http://[2001:db8::1]:8080/")]
    [InlineData("https://example.com:/")]
    [InlineData("https://example.com.?q=user@example.com")]
    [InlineData("https://bücher.example/ä?ö#ü")]
    public void A_target_that_browsers_follow_is_stored_as_sent(string text)
    {
        Assert.True(Target.TryParse(text, Defaults, out var target, out _));
        Assert.Equal(text, target.Text);
    }

    [Theory]
    [InlineData(null, nameof(RefusalKind.TargetMissing))]
    [InlineData("", nameof(RefusalKind.TargetMissing))]
    [InlineData("example.com", nameof(RefusalKind.TargetInvalid))]
    [InlineData("//example.com/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("/path", nameof(RefusalKind.TargetInvalid))]
    [InlineData("?q", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https:example.com", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https:/example.com", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https:///example.com", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https:\\\\example.com", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://?q", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://:80/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://exa mple.com/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://exa<mple.com/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com:port/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com:65536/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com:-1/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://1.2.3.256/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://[::1/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://[fe80::1%eth0]/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://น้ำ.example", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://ﬁ.example/", nameof(RefusalKind.TargetInvalid))]
    [InlineData(" https://example.com/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com/ ", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com/\t", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com/\u007f", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com/\u0085", nameof(RefusalKind.TargetInvalid))]
    [InlineData("https://example.com/\r\nLocation: x", nameof(RefusalKind.TargetInvalid))]
    [InlineData("javascript:alert(1)", nameof(RefusalKind.TargetScheme))]
    [InlineData("JavaScript://example.com/%0aalert(1)", nameof(RefusalKind.TargetScheme))]
    [InlineData("data:text/html,x", nameof(RefusalKind.TargetScheme))]
    [InlineData("file:///etc/passwd", nameof(RefusalKind.TargetScheme))]
    [InlineData("mailto:someone@example.com", nameof(RefusalKind.TargetScheme))]
    [InlineData("https://user@example.com/", nameof(RefusalKind.TargetCredentials))]
    [InlineData("https://user:secret@example.com/", nameof(RefusalKind.TargetCredentials))]
    [InlineData("https://example.com@evil.example/", nameof(RefusalKind.TargetCredentials))]
    public void An_invalid_or_dangerous_target_is_refused(string? text, string kind)
    {
        Assert.False(Target.TryParse(text, Defaults, out _, out var refusal));
        Assert.Equal(kind, refusal.Kind.ToString());
        Assert.Equal("target", refusal.Field);
    }

    [Theory]
    [InlineData("ftp:x.example", nameof(RefusalKind.TargetInvalid))]
    [InlineData("ftp://", nameof(RefusalKind.TargetInvalid))]
    [InlineData("ws://exa mple.com/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("wss://น้ำ.example/", nameof(RefusalKind.TargetInvalid))]
    [InlineData("FTP://user:secret@x.example/", nameof(RefusalKind.TargetCredentials))]
    [InlineData("app://user:secret@x.example/", nameof(RefusalKind.TargetCredentials))]
    [InlineData("app://x.example\\@evil.example/", nameof(RefusalKind.TargetCredentials))]
    [InlineData("ftp://www.spam.example/", nameof(RefusalKind.TargetBlocked))]
    [InlineData("ws://SPAM.example\\@x.example/", nameof(RefusalKind.TargetBlocked))]
    [InlineData("app://spam.example/", nameof(RefusalKind.TargetBlocked))]
    [InlineData("wss://go.example.com/", nameof(RefusalKind.TargetIsTerse))]
    public void The_authority_of_a_further_scheme_is_checked_as_in_http(string text, string kind)
    {
        Assert.False(FurtherSchemes.TryRead(text, "go.example.com", "[::1]", out _, out var refusal));
        Assert.Equal(kind, refusal.Kind.ToString());
    }

    [Theory]
    [InlineData("ftp://x.example/a@b", "x.example")]
    [InlineData("wss://x.example\\@evil.example/", "x.example")]
    [InlineData("app://go.example.com/open", "go.example.com")]
    [InlineData("app:user@x.example", null)]
    [InlineData("app:///open?user=a@b", null)]
    public void A_target_with_a_further_scheme_is_accepted(string text, string? host)
    {
        Assert.True(FurtherSchemes.TryRead(text, "go.example.com", "[::1]", out var target, out _));
        Assert.Equal(host, target.Authority?.Host);
    }

    [Theory]
    [InlineData("", "a")]
    [InlineData("\"<", "a")]
    [InlineData("é", "é")]
    [InlineData("한글", " a")]
    [InlineData("%EA", "\\\"")]
    public void A_target_has_at_most_8192_bytes_when_it_is_percent_encoded(string encoded, string more)
    {
        var longest = "https://example.com/" + encoded;
        longest = longest.PadRight(longest.Length + Target.MaxBytes - TargetAscii.Of(longest).Length, 'a');

        Assert.True(Target.TryParse(longest, Defaults, out _, out _));
        Assert.False(Target.TryParse(longest + more, Defaults, out _, out var refusal));
        Assert.Equal(RefusalKind.TargetTooLong, refusal.Kind);
    }

    /// <summary>The Punycode form of this host is shorter than its UTF-8 form.</summary>
    [Fact]
    public void A_target_has_at_most_8192_bytes_in_UTF8()
    {
        var host = string.Concat(Enumerable.Repeat("한", 20));
        var text = $"https://{host}.example/".PadRight(Target.MaxBytes - 40, 'a');

        Assert.True(TargetAscii.Of(text).Length < Target.MaxBytes);
        Assert.True(Target.TryParse(text, Defaults, out _, out _));
        Assert.False(Target.TryParse(text + "a", Defaults, out _, out var refusal));
        Assert.Equal(RefusalKind.TargetTooLong, refusal.Kind);
    }

    [Fact]
    public void Options_allow_credentials_and_further_schemes()
    {
        var options = new LinkOptions { AllowCredentials = true, OtherSchemes = ["mailto"] };

        Assert.True(Target.TryParse("https://user:secret@example.com/", options, out var target, out _));
        Assert.Equal("example.com", target.Authority?.Host);
        Assert.True(Target.TryParse("MAILTO:someone@example.com", options, out var mail, out _));
        Assert.Null(mail.Authority);
    }

    private static TargetRules RulesOf(LinkOptions options) => TestBlocks.NewRules(
        new DomainMap(Options.Create(new DomainOptions())), Options.Create(options), ".spam.example");
}
