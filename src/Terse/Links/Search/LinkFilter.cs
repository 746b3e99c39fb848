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

    /// <summary>The id of the key that created the link.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>
    /// The domains to which the caller's key is limited (<see cref="LinkAccess"/>); empty for no limit.
    /// </summary>
    public IReadOnlyList<string> VisibleDomains { get; init; } = [];

    /// <summary>The folded tags to which the caller's key is limited; empty for no limit.</summary>
    public IReadOnlyList<string> VisibleTags { get; init; } = [];

    /// <summary>Whether the filter reads <see cref="ListedLink.Numbers"/>.</summary>
    public bool NeedsNumbers =>
        State is LinkState.Active or LinkState.Exhausted || NotVisitedSince is not null;

    public bool Matches(ListedLink listed, DateTimeOffset now)
    {
        var link = listed.WithoutSettings;
        return !listed.IsAlias
            && (Domain is null || link.Domain == Domain)
            && (VisibleDomains.Count == 0 || VisibleDomains.Contains(link.Domain, StringComparer.Ordinal))
            && !(link.CreatedAt < CreatedFrom)
            && !(link.CreatedAt >= CreatedUntil)
            && (TargetHost is null || IndexTerms.HasHost(link, TargetHost))
            && (State is null || listed.StateAt(now) == State)
            && !(listed.Numbers.VisitedAt >= NotVisitedSince)
            && AllTags.All(listed.HasTag)
            && (AnyTags.Count == 0 || AnyTags.Any(listed.HasTag))
            && !NoTags.Any(listed.HasTag)
            && (VisibleTags.Count == 0 || VisibleTags.Any(listed.HasTag))
            && (CreatedBy is null || listed.IsCreatedBy(CreatedBy))
            && (Text is null || Text.Matches(listed));
    }
}
