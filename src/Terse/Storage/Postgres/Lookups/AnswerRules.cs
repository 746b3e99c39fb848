using Terse.Domains;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Decides whether the result of a lookup may answer a request. <see cref="LinkFinder"/> says why. Safe for
/// use by any number of threads.
/// </summary>
internal sealed class AnswerRules(
    ILinkLookups lookups, LayoutLease layouts, PendingChanges pending, DomainMap domains)
{
    /// <summary>Whether the result of the first host answers the request.</summary>
    public bool IsAnswer(LookupResult first, LinkName name) =>
        IsFinal(first, name.Code) && (first.Link is null || first.IsPrimary || pending.IsComplete);

    /// <summary>
    /// True if the host contains the link, but this Terse server knows of a change that the host may lack.
    /// For results that are not final.
    /// </summary>
    public bool IsOutdated(LookupResult result) =>
        result.Link is not null && result.Generation == lookups.Generation;

    /// <summary>
    /// True if the caller may answer with this result. The result then contains the link with all changes
    /// that this Terse server knows of, or proves that the link does not exist. A host that shows an earlier
    /// primary proves nothing, even if the host contains the link. The failover may have lost this link, and
    /// the code may belong to a different link by now. The method compares the generations after the lookup,
    /// so it also detects a failover during the lookup.
    /// </summary>
    public bool IsFinal(LookupResult result, string code)
    {
        if (result.Generation != lookups.Generation)
            return false;
        if (result.Link is not null)
            return pending.AreContainedIn(result) && HasEveryChange(result);
        if (result.LastDomain > domains.Table.LastId)
            return false; // The host of the request may belong to a domain that this server does not know.
        return result.IsPrimary
            || result.HasReachedFence
            || (layouts.NewestTimeOf(code, result.Layouts) is { } newest && newest <= result.ClosedAt);
    }

    /// <summary>
    /// False if the link may have a change that this Terse server was not notified of, and a primary is known
    /// that could tell.
    /// </summary>
    private bool HasEveryChange(LookupResult result) =>
        result.IsPrimary || result.HasReachedFence || pending.IsComplete || !lookups.IsPrimaryKnown;
}
