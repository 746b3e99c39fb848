namespace Terse.Links;

/// <summary>
/// Which links a list contains. All conditions must hold. Both stores only find candidates; this class alone
/// decides, so the stores give the same results.
/// </summary>
internal sealed record LinkFilter
{
    /// <summary>The stored name of the domain; null for all domains.</summary>
    public string? Domain { get; init; }

    /// <summary>Folded tags (<see cref="TagName"/>), all of which the link has.</summary>
    public IReadOnlyList<string> AllTags { get; init; } = [];

    /// <summary>Folded tags, at least one of which the link has; empty for no condition.</summary>
    public IReadOnlyList<string> AnyTags { get; init; } = [];

    /// <summary>Folded tags, none of which the link has.</summary>
    public IReadOnlyList<string> NoTags { get; init; } = [];

    public LinkState? State { get; init; }

    /// <summary>The link was created at or after this time.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>The link was created before this time.</summary>
    public DateTimeOffset? CreatedUntil { get; init; }

    /// <summary>The host of the target in its canonical spelling.</summary>
    public string? TargetHost { get; init; }

    /// <summary>No person has visited the link at or after this time.</summary>
    public DateTimeOffset? NotVisitedSince { get; init; }

    public SearchText? Text { get; init; }

    public bool Matches(ListedLink listed, DateTimeOffset now)
    {
        var link = listed.Link;
        return !listed.IsAlias
            && (Domain is null || link.Domain == Domain)
            && !(link.CreatedAt < CreatedFrom)
            && !(link.CreatedAt >= CreatedUntil)
            && (State is null || listed.StateAt(now) == State)
            && !(listed.VisitedAt >= NotVisitedSince)
            && MatchesTags(link)
            && (TargetHost is null || IndexTerms.HostOf(link) == TargetHost)
            && (Text is null || Text.Matches(listed));
    }

    private bool MatchesTags(Link link)
    {
        if (AllTags.Count + AnyTags.Count + NoTags.Count == 0)
            return true;
        HashSet<string> tags = TagName.FoldAll(link.Settings.Tags);
        return AllTags.All(tags.Contains)
            && (AnyTags.Count == 0 || AnyTags.Any(tags.Contains))
            && !NoTags.Any(tags.Contains);
    }
}
