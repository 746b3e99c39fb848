using Terse.Links;
using Terse.Tests.Redirects;

namespace Terse.Tests.Links;

[Collection(nameof(MeasuredMemory))]
public sealed class BlockTableTests
{
    private static readonly BlockTables Blocked = new(
        TestBlocks.NewTable(
            ".spam.example", ".b\u00fccher.example", "192.0.2.1", "[2001:db8::1]", "sub.other.example",
            "*.wild.example", "*-login.example"),
        TestBlocks.NewTable("*pay.b\u00fccher.test", "of-file.example"));

    [Theory]
    [InlineData("https://spam.example/")]
    [InlineData("https://SPAM.EXAMPLE:8443/x?y#z")]
    [InlineData("https://spam.example.")]
    [InlineData("http://user:secret@spam.example")]
    [InlineData("http://user%40host@spam.example")]
    [InlineData("https://www.spam.example/")]
    [InlineData("https://a.b.spam.example\\x")]
    [InlineData("https://%73pam.example/")]
    [InlineData("https://xn--bcher-kva.example/")]
    [InlineData("https://www.B\u00dcCHER.example/")]
    [InlineData("http://192.0.2.1/")]
    [InlineData("http://3221225985/")]
    [InlineData("http://0xc0.0.02.1/")]
    [InlineData("http://[::ffff:192.0.2.1]/")]
    [InlineData("http://[2001:DB8:0::1]:80/")]
    [InlineData("https://sub.other.example")]
    [InlineData("https://a.wild.example/")]
    [InlineData("https://a.b.WILD.example./")]
    [InlineData("https://my-login.example/")]
    [InlineData("https://a.b-login.example:1/")]
    [InlineData("https://my-pay.xn--bcher-kva.test/")]
    [InlineData("https://pay.b\u00fccher.test/")]
    [InlineData("https://of-file.example/")]
    [InlineData("app://www.spam.example/")]
    public void Every_spelling_of_a_blocked_host_is_blocked_in_a_target_and_in_its_ASCII_form(string target)
    {
        Assert.True(Blocked.IsBlocked(target));
        Assert.True(Blocked.IsBlocked(TargetAscii.Of(target)));
    }

    [Theory]
    [InlineData("https://example/")]
    [InlineData("https://notspam.example/")]
    [InlineData("https://spam.example.org/")]
    [InlineData("https://example.com/spam.example")]
    [InlineData("https://spam.example@example.com/")]
    [InlineData("https://other.example/")]
    [InlineData("https://a.sub.other.example/")]
    [InlineData("https://wild.example/")]
    [InlineData("https://login.example/")]
    [InlineData("https://my-login.example.com/")]
    [InlineData("https://a.of-file.example/")]
    [InlineData("http://192.0.2.11/")]
    [InlineData("http://[2001:db8::2]/")]
    [InlineData("mailto:somebody@spam.example")]
    public void Other_hosts_are_not_blocked(string target) => Assert.False(Blocked.IsBlocked(target));

    [Fact]
    public void Of_two_blocks_of_one_host_the_larger_one_counts()
    {
        string[] hosts = ["a.example", ".a.example"];
        foreach (var order in new[] { hosts, [.. hosts.Reverse()] })
        {
            var table = TestBlocks.NewTable(order);
            Assert.Equal((true, 1), (table.IsBlocked("x.a.example"), table.Count));
        }
    }

    [Fact]
    public void A_host_of_many_labels_is_checked_against_patterns_of_all_lengths()
    {
        var patterns = Enumerable.Range(1, 100).Select(number =>
            $"*{new string('x', number)}.p{number}.example");
        var table = TestBlocks.NewTable(patterns);
        var host = string.Join('.', Enumerable.Repeat("x", 120));

        Assert.False(table.IsBlocked(host));
        Assert.True(table.IsBlocked(host + ".p1.example"));
    }

    [Fact]
    public void A_block_needs_about_100_bytes_and_2_for_each_character()
    {
        const int Count = 50_000;
        string HostOf(int number) => $"host-{number:D6}.evil.example";
        var hosts = Enumerable.Range(0, Count).Select(HostOf).ToList();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var table = new BlockTable(
            hosts.ConvertAll(host => new BlockedHost(new string(host.AsSpan()), true)));
        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;

        Assert.InRange(bytes - (2 * HostOf(0).Length), 20, 100);
        Assert.True(table.IsBlocked(HostOf(1)));
        GC.KeepAlive(hosts);
    }
}
