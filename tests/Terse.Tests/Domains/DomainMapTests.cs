using System.Globalization;
using Microsoft.Extensions.Options;
using Terse.Domains;

namespace Terse.Tests.Domains;

public sealed class DomainMapTests
{
    private static readonly DomainMap Domains = new(Options.Create(new DomainOptions
    {
        Default = "go.example.com",
        Others = ["s.example.org", "s.example.org:8080", "b\u00fccher.example", "[2001:db8::1]:81"],
    }));

    [Theory]
    [InlineData("go.example.com", "")]
    [InlineData("unknown.example", "")]
    [InlineData("", "")]
    [InlineData("s.example.org", "s.example.org")]
    [InlineData("S.Example.Org.:443", "s.example.org")]
    [InlineData("s.example.org:", "s.example.org")]
    [InlineData("s.example.org:81", "s.example.org")]
    [InlineData("s.example.org:8080", "s.example.org:8080")]
    [InlineData("s.example.org:08080", "s.example.org:8080")]
    [InlineData("s.example.org:65536", "")]
    [InlineData("s.example.org:x", "")]
    [InlineData("%73.example.org", "s.example.org")]
    [InlineData("xn--bcher-kva.example:81", "xn--bcher-kva.example")]
    [InlineData("B\u00dcCHER.example", "xn--bcher-kva.example")]
    [InlineData("[2001:db8::1]:81", "[2001:db8::1]:81")]
    [InlineData("[2001:DB8:0::1]:81", "[2001:db8::1]:81")]
    [InlineData("[2001:db8::1]", "")]
    public void Every_spelling_of_a_host_has_the_same_domain(string host, string domain) =>
        Assert.Equal(domain, Domains.DomainOfHost(host));

    [Fact]
    public void A_million_forged_hosts_are_not_kept_and_do_not_slow_the_domains_down()
    {
        for (var forged = 0; forged < 500_000; forged++)
        {
            var number = forged.ToString(CultureInfo.InvariantCulture);
            var port = (10_000 + (forged % 50_000)).ToString(CultureInfo.InvariantCulture);
            Assert.Equal("", Domains.DomainOfHost(number + ".example"));
            Assert.Equal("s.example.org", Domains.DomainOfHost("%73.example.org:" + port));
        }

        Assert.NotEqual(0, AllocatedBy("%73.example.org:1"));
        Assert.Equal(0, AllocatedBy("s.example.org"));
        Assert.Equal(0, AllocatedBy("S.EXAMPLE.ORG:8443"));
        Assert.Equal(0, AllocatedBy("go.example.com"));
    }

    /// <summary>
    /// Returns how many bytes a lookup allocates. Only a lookup that parses the host allocates memory.
    /// </summary>
    private static long AllocatedBy(string host)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Domains.DomainOfHost(host);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
