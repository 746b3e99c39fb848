using Terse.Hosting;

namespace Terse.Links;

/// <summary>
/// Reads links in the order of their ids or of their visits, each call a limited number. The results may
/// lack the newest links and changes, as a replica may lack them. Implementations are safe for use by any
/// number of threads. All methods throw <see cref="StoreUnavailableException"/> when the store cannot be
/// read now.
/// </summary>
internal interface ILinkList
{
    /// <summary>Reads the next links of a source in the order of their ids.</summary>
    Task<IReadOnlyList<ListedLink>> ReadAsync(
        LinkRead read, ListFreshness freshness, CancellationToken cancellationToken);

    /// <summary>Reads the numbers of links. Links that do not exist are missing in the result.</summary>
    Task<IReadOnlyDictionary<long, LinkNumbers>> ReadNumbersAsync(
        IReadOnlyList<long> links, ListFreshness freshness, CancellationToken cancellationToken);

    /// <summary>Reads the most visited links whose positions are before a position.</summary>
    Task<IReadOnlyList<ListedLink>> ReadRankedAsync(
        ListPosition before, int limit, ListFreshness freshness, CancellationToken cancellationToken);

    /// <summary>Finds links by their codes, in all domains.</summary>
    Task<IReadOnlyList<ListedLink>> FindAsync(
        IReadOnlyList<LinkName> names, ListFreshness freshness, CancellationToken cancellationToken);

    /// <summary>Finds the indexed tags among the folded tags.</summary>
    Task<IReadOnlyList<Tag>> FindTagsAsync(
        IReadOnlyList<string> folded, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the smallest and the greatest id of the indexed links that were created in a range of hours
    /// since 1970.
    /// </summary>
    Task<CreatedIds> FindCreatedAsync(
        long firstHour, long lastHour, CancellationToken cancellationToken);

    /// <summary>Reads a random sample of the indexed links.</summary>
    Task<LinkSample> ReadSampleAsync(CancellationToken cancellationToken);
}

/// <param name="Source">The source of the links.</param>
/// <param name="Range">The ids of the links, and their order.</param>
/// <param name="Limit">How many links to read.</param>
/// <param name="WithNumbers">
/// Whether to read the numbers of the links too, which takes as long as the links themselves.
/// </param>
internal sealed record LinkRead(ListSource Source, IdRange Range, int Limit, bool WithNumbers);

/// <summary>Where the candidates of a list come from.</summary>
internal abstract record ListSource
{
    private ListSource()
    {
    }

    /// <summary>All links.</summary>
    internal sealed record All : ListSource;

    /// <summary>The indexed links that have at least one of the tags.</summary>
    internal sealed record Tagged(IReadOnlyList<long> Tags) : ListSource;

    /// <summary>The indexed links that have all terms.</summary>
    internal sealed record Indexed(IReadOnlyList<IndexTerm> Terms) : ListSource;
}

/// <summary>A range of ids, both ends inclusive.</summary>
internal readonly record struct IdRange(long First, long Last, bool IsDescending)
{
    public bool IsEmpty => First > Last;

    public IdRange After(long id) =>
        IsDescending ? this with { Last = id - 1 } : this with { First = id + 1 };
}

/// <param name="ChangedAt">
/// A change that the client knows of and that the list must contain; null if any host may answer.
/// </param>
internal readonly record struct ListFreshness(DateTimeOffset? ChangedAt);

/// <param name="First">The smallest id of the range of hours; null if no link is in the range.</param>
/// <param name="Last">The greatest id of the range of hours.</param>
/// <param name="NewestHour">
/// The newest hour in which an indexed link was created; null if there is none.
/// </param>
internal sealed record CreatedIds(long? First, long? Last, long? NewestHour);
