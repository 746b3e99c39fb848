using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Refuses targets whose host is risky for visitors, as far as the operator wants it: hosts in private
/// networks, other URL shorteners, and hosts that look like others. Only the text of the host decides; Terse
/// looks no name up.
/// </summary>
internal sealed class TargetRisks(IOptions<TargetOptions> options)
{
    private const string Field = "target";
    private const string PunycodePrefix = "xn--";

    /// <summary>
    /// Public services with short URLs for any target. Not among them are shorteners that lead only to the
    /// pages of their owner.
    /// </summary>
    private static readonly string[] WellKnown =
    [
        "adf.ly", "bit.do", "bit.ly", "bitly.com", "bl.ink", "buff.ly", "cutt.ly", "da.gd", "dub.sh",
        "goo.gl", "is.gd", "j.mp", "lnk.to", "ow.ly", "qr.ae", "rb.gy", "rebrand.ly", "s.id", "short.gy",
        "short.io", "shorturl.at", "shorturl.com", "shrtco.de", "snip.ly", "soo.gd", "surl.li", "t.co",
        "t.ly", "tiny.cc", "tiny.one", "tinyurl.com", "tr.im", "u.to", "urlz.fr", "v.gd", "x.co",
        "zpr.io",
    ];

    /// <summary>
    /// The ends of names that no public host has (RFC 6761, RFC 6762, RFC 8375, and ICANN's <c>internal</c>),
    /// and names that many private networks use.
    /// </summary>
    private static readonly string[] PrivateNames =
    [
        ".localhost", ".local", ".internal", ".home.arpa", ".lan", ".home", ".corp", ".intranet", ".private",
        ".localdomain", ".test", ".invalid",
    ];

    private static readonly IdnMapping Idn = new();

    private readonly BlockTable _shorteners =
        new([.. WellKnown.Concat(options.Value.Shorteners).Select(WithSubdomains)]);

    /// <returns>Why no new link may lead to the host; null if it may.</returns>
    public Refusal? Find(Authority authority)
    {
        var settings = options.Value;
        var host = BlockedHost.Unmap(authority.Host);
        if (settings.RefusePrivateNetworks && IsPrivate(host))
        {
            return new(
                RefusalKind.TargetPrivate,
                Field,
                $"The host {host} belongs to a private network; choose a public target.");
        }

        if (settings.RefuseShorteners && _shorteners.IsBlocked(host))
        {
            return new(
                RefusalKind.TargetShortener,
                Field,
                $"The host {host} is another URL shortener; send the URL of the final page.");
        }

        return settings.RefuseLookAlikes && host.Split('.').Any(IsLookAlike)
            ? new(
                RefusalKind.TargetLookAlike,
                Field,
                $"The host {host} mixes Latin letters with Greek or Cyrillic ones, so it looks like another "
                + "host; choose another target.")
            : null;
    }

    private static BlockedHost WithSubdomains(string text)
    {
        _ = BlockedHost.TryParse(text, out var host, out _);
        return host.IsPattern ? host : host with { IncludesSubdomains = true };
    }

    /// <remarks>A name without a dot is found only in the visitor's own network.</remarks>
    private static bool IsPrivate(string host) =>
        IPAddress.TryParse(host, out var address)
            ? !PublicAddress.IsPublic(address)
            : !host.Contains('.', StringComparison.Ordinal)
                || PrivateNames.Any(end => host.EndsWith(end, StringComparison.Ordinal));

    private static bool IsLookAlike(string label) =>
        label.StartsWith(PunycodePrefix, StringComparison.Ordinal) && Scripts.AreMixed(Idn.GetUnicode(label));
}
