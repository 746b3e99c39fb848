namespace Terse.Links;

/// <summary>
/// The codes of a link. When the code of a link is changed, the earlier code stays an <em>alias</em>:
/// requests for it find the link as before. The codes of a link are never removed, and never become codes of
/// another link.
/// </summary>
internal static class LinkCodes
{
    /// <summary>The maximum number of aliases of a link.</summary>
    public const int MaxAliases = 10;

    /// <summary>No code contains a space.</summary>
    private const char Separator = ' ';

    /// <summary>The present code, which the short URL contains.</summary>
    public static string Current(Link link) => link.LaterCodes is { } later
        ? later[(later.LastIndexOf(Separator) + 1)..]
        : link.Code;

    /// <summary>All codes, each once. The first one is that of the creation.</summary>
    public static IReadOnlyList<string> All(Link link) => link.LaterCodes is { } later
        ? [link.Code, .. later.Split(Separator).Where(code => code != link.Code)]
        : [link.Code];

    /// <summary>Whether a code is one of the codes of a link.</summary>
    public static bool Have(Link link, string code) => All(link).Contains(code, StringComparer.Ordinal);

    /// <summary>Whether any code of a link contains a slash.</summary>
    public static bool ContainSlash(Link link) =>
        link.Code.Contains('/', StringComparison.Ordinal)
        || link.LaterCodes?.Contains('/', StringComparison.Ordinal) == true;

    /// <summary>All codes but the present one.</summary>
    public static IReadOnlyList<string> Aliases(Link link) =>
        link.LaterCodes is null ? [] : [.. All(link).Where(code => code != Current(link))];

    /// <summary>Makes a code the present code of a link.</summary>
    /// <returns>Null if the link would then have too many aliases.</returns>
    public static Link? With(Link link, string code)
    {
        if (code == Current(link))
            return link;
        var all = All(link);
        if (!Have(link, code) && all.Count > MaxAliases)
            return null;
        var others = all.Where(other => other != link.Code && other != code);
        return link with { LaterCodes = string.Join(Separator, [.. others, code]) };
    }
}
