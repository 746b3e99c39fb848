using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Keeps the tables by which lists find links: terms, tags, hours of creation, the sample and the ranking. A
/// creation only stores the link, so creations stay fast; the background does the rest, in short transactions
/// that continue where the last one ended. Several servers may call the methods at the same time; one of them
/// does the work.
/// </summary>
internal interface IListIndex
{
    /// <summary>How many links one transaction indexes at most.</summary>
    const int MaxLinks = 200;

    /// <summary>
    /// Indexes some links that are new or have changed. If there are none, indexes some of the links that
    /// existed before the database had an index, the newest first.
    /// </summary>
    /// <returns>Whether this call indexed links; if so, there may be more.</returns>
    /// <exception cref="StoreUnavailableException">
    /// The call either had no effect or its whole effect.
    /// </exception>
    Task<bool> IndexAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Updates some of the ranks of links (<see cref="LinkNumbers.Rank"/>). When all are updated, the next
    /// pass begins <paramref name="interval"/> later.
    /// </summary>
    /// <returns>False if there is nothing to do now.</returns>
    /// <exception cref="StoreUnavailableException">
    /// The call either had no effect or its whole effect.
    /// </exception>
    Task<bool> RankAsync(TimeSpan interval, CancellationToken cancellationToken);
}

/// <summary>A link to index.</summary>
/// <param name="Link">The link as it is stored now.</param>
/// <param name="Earlier">The settings that the link had when it was indexed before, or later.</param>
/// <param name="IsNew">Whether the link was not indexed before.</param>
internal sealed record UnlistedLink(Link Link, IReadOnlyList<LinkSettings> Earlier, bool IsNew);

/// <summary>The rows of a transaction that indexes links. The stores write them.</summary>
internal sealed class IndexBatch(IReadOnlyList<UnlistedLink> links, IndexSlices slices)
{
    /// <summary>The terms of each link with the mark of its slice.</summary>
    public IReadOnlyList<(long Link, string Terms)> Entries { get; } =
        [.. links.Select(unlisted => (
            IdOf(unlisted),
            IndexTerms.Join(unlisted.Link, slices.MarkFor(IdOf(unlisted), unlisted.IsNew))))];

    /// <summary>The slices that the links changed.</summary>
    public IReadOnlyList<IndexSlice> Slices => [.. slices.Changed];

    /// <summary>The tags of the links. Rows that exist already are included.</summary>
    public IReadOnlyList<(string Folded, string Name, long Link)> Tags { get; } =
        [.. from unlisted in links
            from name in unlisted.Link.Settings.Tags ?? []
            select (TagName.Fold(name), name, IdOf(unlisted))];

    /// <summary>The tags that the links may have had before and do not have now.</summary>
    public IReadOnlyList<(string Folded, long Link)> RemovedTags { get; } =
        [.. from unlisted in links
            let tags = TagName.FoldAll(unlisted.Link.Settings.Tags)
            from folded in unlisted.Earlier.SelectMany(settings => TagName.FoldAll(settings.Tags))
                .Distinct(StringComparer.Ordinal)
            where !tags.Contains(folded)
            select (folded, IdOf(unlisted))];

    /// <summary>The erased links, whose visits are deleted, too.</summary>
    public IReadOnlyList<long> Erased { get; } =
        [.. links.Where(unlisted => unlisted.Link.IsErased).Select(IdOf)];

    /// <summary>The smallest and the greatest id for each hour in which links were created.</summary>
    public IReadOnlyList<(long Hour, long First, long Last)> Hours { get; } =
        [.. from unlisted in links
            group IdOf(unlisted)
                by (long)Math.Floor(unlisted.Link.CreatedAt.ToUnixTimeMilliseconds() / 3_600_000.0)
            into hour
            orderby hour.Key
            select (hour.Key, hour.Min(), hour.Max())];

    /// <summary>
    /// Returns the links that belong into a sample (<see cref="LinkSample"/>) whose greatest hash is given.
    /// </summary>
    public IReadOnlyList<(long Hash, long Link)> SampledBelow(long maxHash) =>
        [.. from unlisted in links
            let hash = LinkSample.Hash(IdOf(unlisted))
            where hash < maxHash
            orderby hash
            select (hash, IdOf(unlisted))];

    private static long IdOf(UnlistedLink unlisted) => unlisted.Link.Id.ToInt64();
}
