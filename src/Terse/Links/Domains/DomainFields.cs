using System.Runtime.CompilerServices;

namespace Terse.Links;

/// <summary>
/// The JSON body of a request to add or to change a domain. The values are not validated yet. In a change, a
/// field that the body does not contain stays unchanged, and null or an empty text restores the default
/// (RFC 7396, JSON merge patch).
/// </summary>
internal sealed class DomainFields
{
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal);

    /// <summary>The host of the domain, with its port if the port is not the usual one.</summary>
    public string? Name { get; set => field = Sent(value); }

    /// <summary>The URL to which <c>/</c> redirects.</summary>
    public string? HomeRedirect { get; set => field = Sent(value); }

    /// <summary>The URL to which unknown codes redirect.</summary>
    public string? NotFoundRedirect { get; set => field = Sent(value); }

    /// <summary>The URL to which expired links without an <c>expiredTarget</c> redirect.</summary>
    public string? ExpiredRedirect { get; set => field = Sent(value); }

    /// <summary>The text of <c>/robots.txt</c>, at most 8 KiB.</summary>
    public string? RobotsTxt { get; set => field = Sent(value); }

    /// <summary>The URL to which <c>/favicon.ico</c> redirects.</summary>
    public string? Favicon { get; set => field = Sent(value); }

    /// <inheritdoc cref="LinkFields.Has"/>
    public bool Has(string field) => _sent.Contains(field);

    private string? Sent(string? value, [CallerMemberName] string field = "")
    {
        _sent.Add(field);
        return string.IsNullOrEmpty(value) ? null : value;
    }
}
