using Microsoft.Extensions.Options;
using Terse.Links;

namespace Terse.Tests.Links;

public sealed class BlockedHostsTests
{
    private static readonly BlockedHosts Blocked = Block(
        "Spam.example.", "bücher.example", "192.0.2.1", "[2001:db8::1]", "sub.other.example");

    [Theory]
    [InlineData("https://spam.example/")]
    [InlineData("https://SPAM.EXAMPLE:8443/x?y#z")]
    [InlineData("https://spam.example.")]
    [InlineData("http://user:secret@spam.example")]
    [InlineData("https://www.spam.example/")]
    [InlineData("https://a.b.spam.example\\x")]
    [InlineData("https://%73pam.example/")]
    [InlineData("https://xn--bcher-kva.example/")]
    [InlineData("https://www.BÜCHER.example/")]
    [InlineData("http://192.0.2.1/")]
    [InlineData("http://3221225985/")]
    [InlineData("http://0xc0.0.02.1/")]
    [InlineData("http://[::ffff:192.0.2.1]/")]
    [InlineData("http://[2001:DB8:0::1]:80/")]
    public void Every_spelling_and_every_subdomain_of_a_blocked_host_is_blocked(string target) =>
        Assert.True(Blocked.IsBlocked(target));

    [Theory]
    [InlineData("https://example/")]
    [InlineData("https://notspam.example/")]
    [InlineData("https://spam.example.org/")]
    [InlineData("https://example.com/spam.example")]
    [InlineData("https://spam.example@example.com/")]
    [InlineData("https://other.example/")]
    [InlineData("http://192.0.2.11/")]
    [InlineData("http://[2001:db8::2]/")]
    [InlineData("mailto:somebody@spam.example")]
    public void Other_hosts_are_not_blocked(string target) => Assert.False(Blocked.IsBlocked(target));

    [Fact]
    public void Without_blocked_hosts_no_target_is_blocked() =>
        Assert.False(Block().IsBlocked("https://spam.example/"));

    [Theory]
    [InlineData("spam.example:443")]
    [InlineData("https://spam.example")]
    [InlineData("user@spam.example")]
    [InlineData("*.spam.example/")]
    [InlineData(".spam.example")]
    [InlineData("")]
    public void A_setting_that_is_not_a_host_is_refused_at_start(string host)
    {
        var refused = new LinkOptionsValidator().Validate(null, new LinkOptions { BlockedHosts = [host] });

        Assert.Contains("Links:BlockedHosts", refused.FailureMessage, StringComparison.Ordinal);
    }

    private static BlockedHosts Block(params string[] hosts) =>
        new(Options.Create(new LinkOptions { BlockedHosts = hosts }));
}
