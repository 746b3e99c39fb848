using Terse.Links;

namespace Terse.Redirects;

/// <summary>What a redirect needs to know about a link whose visits each need a decision.</summary>
/// <param name="Link">The link, without the texts that a redirect does not need.</param>
/// <param name="Rules">The rules of the link; null for a link without rules.</param>
internal sealed record ConditionalLink(Link Link, CompiledRules? Rules)
{
    public string Target => Link.Target;

    public long? MaxVisits => Link.MaxVisits;

    public LinkSettings Settings => Link.Settings;

    /// <summary>
    /// Whether a visit limit or a password guards the link. The small page about such a link shows its title.
    /// </summary>
    public static bool NeedsGuard(Link link) =>
        link.MaxVisits is not null || link.Settings.Password is not null;

    /// <summary>Keeps what a redirect needs, so that the copy is small.</summary>
    public static ConditionalLink Of(Link link) => new(
        link with
        {
            Settings = link.Settings with
            {
                Title = NeedsGuard(link) ? link.Settings.Title : null,
                Note = null,
                Tags = null,
                ExpiredTarget = null,
                Rules = null,
            },
        },
        CompiledRules.Of(link));
}
