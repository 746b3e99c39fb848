namespace Terse.Redirects;

/// <summary>
/// Finds the link that the path of a request means. If the path can mean several codes, the longest code that
/// a link has wins.
/// </summary>
internal sealed class CodeFinder(LinkLoader loader, SlashCodes slashCodes)
{
    /// <returns>The request for the link; the link is null if no link has any of the codes.</returns>
    /// <remarks>
    /// All lookups start at the same time, so that the store can answer them with one statement. While no
    /// code contains a slash, a link that forwards the path needs no lookup of longer codes: a cached link is
    /// redirected without the store, as any other cached link.
    /// </remarks>
    public async ValueTask<(CodeRequest Request, CachedLink? Link)> FindAsync(
        CodeRequests requests, CancellationToken cancellationToken)
    {
        var all = requests.All;
        var shortest = all[^1];
        if (all.Count == 1 || (shortest.Probe.IsFresh && IsMeant(shortest, shortest.Probe.Link)))
            return (shortest, await FindAsync(shortest, cancellationToken));
        Task<CachedLink?>[] lookups =
            [.. all.Select(request => FindAsync(request, cancellationToken).AsTask())];
        if (await lookups[^1] is { } forwarding && IsMeant(shortest, forwarding))
            return (shortest, forwarding);
        var found = await Task.WhenAll(lookups);
        var longest = Array.FindIndex(found, link => link is not null);
        return longest >= 0
            ? (all[longest], found[longest])
            : (all.FirstOrDefault(request => request.Suffix != CodeSuffix.None) ?? all[0], null);
    }

    private ValueTask<CachedLink?> FindAsync(CodeRequest request, CancellationToken cancellationToken) =>
        loader.FindAsync(request.Name, request.Probe, cancellationToken);

    /// <summary>Whether the link is meant because it forwards the path, and no longer code exists.</summary>
    private bool IsMeant(CodeRequest request, CachedLink? link) =>
        link?.Conditional is { Settings.ForwardPath: true }
        && request.Subpath.Length > 1
        && !request.Name.Code.Contains('/', StringComparison.Ordinal)
        && !slashCodes.MayExist;
}
