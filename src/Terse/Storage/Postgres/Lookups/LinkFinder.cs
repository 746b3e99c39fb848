using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Finds links, and decides when the answer may be "not found". Replicas lag. A link that a replica shows is
/// served. That a replica shows no link is final only when the code carries its time and the replica's
/// horizon, read in the same snapshot, has passed that time. Every other lookup goes to the primary, within a
/// budget. When the primary cannot be asked, the finder waits until a replica is complete enough. When no
/// replica gets there in time, the answer is "unavailable", never "not found". Safe for use by any number of
/// threads.
/// </summary>
/// <remarks>
/// The finder also rejects outdated links. A link counts only when its snapshot is complete up to the newest
/// change of that link that this server knows of (<see cref="PendingChanges"/>). So a server that was
/// notified of a change never answers with an older version, whichever host it reads.
/// </remarks>
internal sealed class LinkFinder(
    ILinkLookups lookups,
    LayoutLease layouts,
    PrimaryLookupBudget budget,
    PendingChanges pending,
    LookupMetrics metrics,
    TimeProvider time) : ILinkReader
{
    /// <inheritdoc/>
    public async ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken) =>
        await PostgresErrors.WithTimeoutAsync(
            token => FindOnAnyHostAsync(name, token), time, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken)
    {
        var result = await PostgresErrors.WithTimeoutAsync(
            token => CountAsync(lookups.Latest.CallAsync(name, token)), time, cancellationToken);
        return result.IsPrimary && result.Timeline == lookups.Timeline
            ? result.Link
            : throw new StoreUnavailableException("Another host is becoming the primary; retry shortly.");
    }

    private async Task<Link?> FindOnAnyHostAsync(LinkName name, CancellationToken cancellationToken)
    {
        var result = await CountAsync(lookups.Any.CallAsync(name, cancellationToken));
        if (IsFinal(result, name.Code))
            return result.Link;
        return result.Link is not null && result.Timeline == lookups.Timeline
            ? await FindChangedAsync(name, cancellationToken)
            : await FindMissingAsync(name, cancellationToken);
    }

    /// <summary>
    /// The host showed the link, but perhaps not its newest change. This lookup needs no budget: only
    /// existing links get here, and only until the replicas have caught up.
    /// </summary>
    private async Task<Link?> FindChangedAsync(LinkName name, CancellationToken cancellationToken)
    {
        try
        {
            var result = await CountAsync(lookups.Latest.CallAsync(name, cancellationToken));
            if (IsFinal(result, name.Code))
                return result.Link;
        }
        catch (HostUnavailableException)
        {
            // Without the primary, wait for a replica.
        }

        return await WaitAndFindAsync(name, pending.RequiredFor(name).At, cancellationToken);
    }

    /// <summary>The host showed no link, or belongs to an earlier timeline.</summary>
    private async Task<Link?> FindMissingAsync(LinkName name, CancellationToken cancellationToken)
    {
        try
        {
            if (budget.TryTake()
                && await CountAsync(lookups.Latest.CallAsync(name, cancellationToken)) is var result
                && IsFinal(result, name.Code))
            {
                return result.Link;
            }
        }
        catch (HostUnavailableException)
        {
            // Without the primary, wait for a replica.
        }

        return await WaitAndFindAsync(name, layouts.NewestTimeOf(name.Code), cancellationToken);
    }

    /// <summary>Waits until a replica is complete up to an instant, and looks the link up there.</summary>
    /// <param name="name">The link's name.</param>
    /// <param name="horizon">The instant; null when no instant would make the answer final.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async Task<Link?> WaitAndFindAsync(
        LinkName name, DateTimeOffset? horizon, CancellationToken cancellationToken)
    {
        if (horizon is { } instant
            && await lookups.WaitForHorizonAsync(instant, PostgresErrors.Timeout, cancellationToken))
        {
            var result = await CountAsync(lookups.LookUpAsync(name, instant, cancellationToken));
            if (IsFinal(result, name.Code))
                return result.Link;
        }

        throw new StoreUnavailableException(
            "The database cannot tell whether this link exists: the replicas lag behind, and the primary is "
            + "lost or overloaded. Retry shortly.");
    }

    private async Task<LookupResult> CountAsync(Task<LookupResult> lookup)
    {
        var result = await lookup;
        metrics.CountLookup(result);
        return result;
    }

    /// <summary>
    /// Whether a result proves the newest state of a link, or proves that the link does not exist. A host of
    /// an earlier timeline proves nothing, not even with a link: the present primary may never have had that
    /// link, and the code may belong to another link by now. The timeline is compared after the lookup.
    /// </summary>
    private bool IsFinal(LookupResult result, string code)
    {
        if (result.Timeline != lookups.Timeline)
            return false;
        if (result.Link is not null)
            return pending.AreContainedIn(result);
        return result.IsPrimary
            || (layouts.NewestTimeOf(code, result.Layouts) is { } newest && newest <= result.ClosedAt);
    }
}
