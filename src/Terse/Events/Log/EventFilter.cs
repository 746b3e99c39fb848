namespace Terse.Events;

/// <summary>
/// Selects events. An empty list selects all. With domains, tags or links, only events about links match.
/// </summary>
/// <param name="Types">Types such as <c>link.created</c>, or their first part, such as <c>link</c>.</param>
/// <param name="Domains">The stored names of domains; the default domain has an empty name.</param>
/// <param name="Tags">Tags; a link with one of them matches. Case does not matter.</param>
/// <param name="Links">The ids of links.</param>
internal sealed record EventFilter(
    IReadOnlyList<string> Types,
    IReadOnlyList<string> Domains,
    IReadOnlyList<string> Tags,
    IReadOnlyList<long> Links)
{
    public static readonly EventFilter All = new([], [], [], []);
}
