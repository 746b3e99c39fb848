using Terse.Domains;
using Terse.Links;
using Terse.Visits;
using HostName = Terse.Domains.HostName;

namespace Terse.Fuzz;

/// <summary>
/// What must hold for every text that is read as a host: of a request, a domain, a blocked host, a referrer.
/// </summary>
internal static class HostInvariants
{
    public static void Check(string text)
    {
        CheckAuthority(text);
        CheckDomain(text);
        CheckBlock(text);

        var referrer = ReferrerHost.Canonicalize(ReferrerHost.Find(text).ToString());
        Assert.Equal(referrer, ReferrerHost.Canonicalize(referrer));
        referrer = ReferrerHost.Canonicalize(text);
        Assert.Equal(referrer, ReferrerHost.Canonicalize(referrer));
    }

    private static void CheckAuthority(string text)
    {
        if (!Authority.TryParse(text, out var authority))
        {
            Assert.Equal(DomainMap.Default, Installation.Domains.DomainOfHost(text));
            return;
        }

        var canonical = authority.ToString();
        Assert.All(canonical, character => Assert.InRange(character, '!', '~'));
        Assert.Equal(canonical.ToLowerInvariant(), canonical);
        Assert.True(Authority.TryParse(canonical, out var again), canonical);
        Assert.Equal(authority, again);
        Assert.True(HostName.TryCanonicalize(authority.Host, out var host));
        Assert.Equal(authority.Host, host);
        Assert.True(authority.IsSameServer(again, "https"));

        var domains = Installation.Domains;
        Assert.Equal(domains.DomainOfHost(canonical), domains.DomainOfHost(text));
        Assert.Equal(
            domains.TryPick(canonical, Installation.Host, out var named),
            domains.TryPick(text, Installation.Host, out var picked));
        Assert.Equal(named, picked);
        domains.LeadsHere(authority, "https", Installation.Host);
        if (Uri.TryCreate($"http://{canonical}/", UriKind.Absolute, out var uri))
        {
            Assert.True(HostName.TryCanonicalize(uri.Host, out var read), uri.Host);
            Assert.Equal(authority.Host, read);
            Assert.Equal(authority.Port ?? 80, uri.Port);
        }
    }

    private static void CheckDomain(string text)
    {
        if (!DomainName.TryParse(text, out var host, out var reason))
        {
            Assert.StartsWith("must ", reason, StringComparison.Ordinal);
            return;
        }

        Assert.True(DomainName.TryParse(host.ToString(), out var again, out reason), reason);
        Assert.Equal(host, again);
    }

    private static void CheckBlock(string text)
    {
        if (!BlockedHost.TryParse(text, out var block, out var reason))
        {
            Assert.NotEmpty(reason);
            return;
        }

        var written = block.IncludesSubdomains ? $".{block.Host}" : block.Host;
        Assert.True(BlockedHost.TryParse(written, out var again, out reason), $"{written} {reason}");
        Assert.Equal(block, again);

        // A block blocks its host; a pattern blocks the hosts that end with it.
        var example = block.IsPattern ? $"a{block.Host[1..]}" : block.Host;
        if (!block.IsPattern || Authority.TryParse(example, out _))
            Assert.True(new BlockTable([block]).IsBlocked(example), example);
    }
}
