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

    /// <summary>
    /// The stored names of the domains in the settings; that of the default domain is empty.
    /// </summary>
    public IReadOnlyList<string> Domains =>
    [
        .. options.CurrentValue.VisitDomains.Select(Find).OfType<string>().Distinct(StringComparer.Ordinal),
    ];

    /// <summary>The tags in the settings, as <see cref="TagName.Fold"/> returns them.</summary>
    public HashSet<string> Tags => TagName.FoldAll(options.CurrentValue.VisitTags);

    /// <summary>The stored name of a domain; null if there is none.</summary>
    private string? Find(string name) =>
        name == DomainName.DefaultSegment ? DomainMap.Default
        : Authority.TryParse(name, out var host) ? domains.Table.Find(host)?.Name
        : null;
}
