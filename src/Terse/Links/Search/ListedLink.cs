namespace Terse.Links;

/// <summary>A link together with everything by which lists filter and sort. Immutable.</summary>
/// <param name="Link">The stored link.</param>
/// <param name="Visits">The number of all visits. The newest visits may be missing.</param>
/// <param name="Used">How many visits of the link's limit are used up.</param>
/// <param name="Rank">
/// The number of visits by people when the background ranking last read it. Lists by visits are sorted by
/// this number, so that the order does not change with each visit.
/// </param>
/// <param name="VisitedAt">
/// When the ranking last found new visits by people: the last such visit came before this time. Null if the
/// ranking found none.
/// </param>
/// <param name="IsAlias">
/// Whether the row is an alias (<see cref="LinkCodes"/>). Such a row is no link, and no list contains it.
/// </param>
internal sealed record ListedLink(
    Link Link, VisitSum Visits, long Used, long Rank, DateTimeOffset? VisitedAt, bool IsAlias = false)
{
    private HashSet<string>? _words;
    private string[]? _terms;

    public long Id => Link.Id.ToInt64();

    /// <summary>The terms of the index in ordinal order (<see cref="IndexTerms"/>).</summary>
    private string[] Terms => _terms ??= IndexTerms.Of(Link);

    /// <summary>Whether a word of the link begins with a text (<see cref="SearchWords"/>).</summary>
    public bool HasWord(string beginning)
    {
        _words ??= SearchWords.Of(Link);
        return _words.Contains(beginning)
            || _words.Any(word => word.StartsWith(beginning, StringComparison.Ordinal));
    }

    /// <summary>
    /// Whether the index has the link under a term. Slow at the first call, because it makes all terms.
    /// </summary>
    public bool HasTerm(IndexTerm term)
    {
        var index = Array.BinarySearch(Terms, term.Text, StringComparer.Ordinal);
        if (index >= 0)
            return true;
        return term.IsBeginning && ~index < Terms.Length
            && Terms[~index].StartsWith(term.Text, StringComparison.Ordinal);
    }

    /// <summary>
    /// The state of the link. If several states apply, the link has the state that a redirect checks first.
    /// </summary>
    public LinkState StateAt(DateTimeOffset now) =>
        Link.DeletedAt is not null ? LinkState.Deleted
        : Link.Settings.IsDisabled ? LinkState.Disabled
        : Link.Settings.ValidFrom > now ? LinkState.Scheduled
        : Link.ExpiresAt <= now ? LinkState.Expired
        : Used >= Link.MaxVisits ? LinkState.Exhausted
        : LinkState.Active;
}

/// <summary>
/// Why a request for a link is redirected or not. Indexes store the numbers, so never change a number.
/// </summary>
internal enum LinkState
{
    Active = 0,

    /// <summary>The link does not work yet.</summary>
    Scheduled = 1,
    Expired = 2,

    /// <summary>The link has used up all visits of its limit.</summary>
    Exhausted = 3,
    Disabled = 4,
    Deleted = 5,
}
