using Microsoft.Extensions.Options;
using Terse.Domains;
using Terse.Links;

namespace Terse.Events;

/// <summary>
/// Which links have events about visits because of the settings. A link can also ask for them itself
/// (<see cref="LinkSettings.VisitEvents"/>).
/// </summary>
internal sealed class VisitOptIn(IOptionsMonitor<EventOptions> options, DomainMap domains)
{
    /// <summary>Whether any link can have them because of the settings.</summary>
    public bool HasAny => options.CurrentValue is { VisitDomains.Count: > 0 } or { VisitTags.Count: > 0 };

    /// <summary>What the settings say now.</summary>
    public OptedIn Read() => new(
        options.CurrentValue.VisitDomains.Select(Find).OfType<string>().ToHashSet(StringComparer.Ordinal),
        TagName.FoldAll(options.CurrentValue.VisitTags));

    /// <summary>
    /// The stored name of a domain; null if there is none. The links of a removed domain still have visits.
    /// </summary>
    private string? Find(string name) =>
        name == DomainName.DefaultSegment ? DomainMap.Default
        : Authority.TryParse(name, out var host) ? domains.Table.Find(host)?.Name
        : null;
}

/// <param name="Domains">The stored names of domains; that of the default domain is empty.</param>
/// <param name="Tags">Tags, as <see cref="TagName.Fold"/> returns them.</param>
internal sealed record OptedIn(HashSet<string> Domains, HashSet<string> Tags)
{
    /// <summary>Whether the visits of a link become events.</summary>
    /// <param name="domain">The stored name of the link's domain.</param>
    /// <param name="settings">The settings of the link.</param>
    public bool Includes(string domain, LinkSettings settings) =>
        settings.VisitEvents
        || Domains.Contains(domain)
        || (Tags.Count > 0 && TagName.FoldAll(settings.Tags).Overlaps(Tags));
}
