using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Finds links, and knows when "there is none" may be said. A replica lags: it is asked first, and what it
/// shows is served; that it shows nothing is final only where the code tells its time, and the replica's
/// horizon, read in the same snapshot, has passed it. All else is asked of the primary, within a budget.
/// Where the primary cannot be asked, a replica has to come far enough in time; and where none does, nothing
/// can be told. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// A link that changed since is no answer: what a host shows counts only where its snapshot is complete up to
/// the newest change that this server knows of (<see cref="PendingChanges"/>). So who was told of a change
/// never answers an older version, whichever host he asks.
/// </remarks>
internal sealed class LinkFinder(
    ILinkLookups lookups,
    LayoutLease layouts,
    PrimaryLookupBudget misses,
    PendingChanges pending,
    LookupMetrics metrics,
    TimeProvider time) : ILinkReader
{
    /// <inheritdoc/>
    public async ValueTask<Link?> FindAsync(
        LinkName name, CancellationToken cancellationToken) =>
        await PostgresErrors.WithTimeoutAsync(
            token => FindOnAnyHostAsync(name, token), time, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Link?> FindLatestAsync(
        LinkName name, CancellationToken cancellationToken)
    {
        var seen = await PostgresErrors.WithTimeoutAsync(
            token => LookAsync(Freshness.Latest, name, token), time, cancellationToken);
        return seen.IsPrimary && seen.Timeline == lookups.Timeline
            ? seen.Link
            : throw new StoreUnavailableException("The primary is being replaced.");
    }

    private async Task<Link?> FindOnAnyHostAsync(
        LinkName name, CancellationToken cancellationToken)
    {
        var seen = await LookAsync(Freshness.Any, name, cancellationToken);
        if (IsAnswer(seen, name.Code))
            return seen.Link;
        return seen.Link is not null && seen.Timeline == lookups.Timeline
            ? await FindChangedAsync(name, cancellationToken)
            : await FindMissedAsync(name, cancellationToken);
    }

    /// <summary>
    /// There is a link, and it may have changed since. The primary is asked without a budget, which a change
    /// does not need: only links that there are get here, and only until replicas have caught up.
    /// </summary>
    private async Task<Link?> FindChangedAsync(
        LinkName name, CancellationToken cancellationToken)
    {
        try
        {
            var seen = await LookAsync(Freshness.Latest, name, cancellationToken);
            if (IsAnswer(seen, name.Code))
                return seen.Link;
        }
        catch (HostUnavailableException)
        {
            // Then a replica has to come far enough.
        }

        return await FindLaterAsync(name, pending.NewestOf(name).At, cancellationToken);
    }

    private async Task<Link?> FindMissedAsync(
        LinkName name, CancellationToken cancellationToken)
    {
        try
        {
            if (misses.TryPass()
                && await LookAsync(Freshness.Latest, name, cancellationToken) is var seen
                && IsAnswer(seen, name.Code))
            {
                return seen.Link;
            }
        }
        catch (HostUnavailableException)
        {
            // Then a replica has to come far enough.
        }

        return await FindLaterAsync(name, layouts.NewestTimeOf(name.Code), cancellationToken);
    }

    private async Task<Link?> FindLaterAsync(
        LinkName name, DateTimeOffset? enough, CancellationToken cancellationToken)
    {
        if (enough is { } horizon
            && await lookups.WaitForHorizonAsync(horizon, PostgresErrors.Timeout, cancellationToken))
        {
            var seen = await LookAsync(Freshness.AtLeast(horizon), name, cancellationToken);
            if (IsAnswer(seen, name.Code))
                return seen.Link;
        }

        throw new StoreUnavailableException(
            "Where this code leads cannot be told at present: no replica has come far enough, and the "
            + "primary is lost or asked too much.");
    }

    private async Task<LookupResult> LookAsync(
        Freshness freshness, LinkName name, CancellationToken cancellationToken)
    {
        var seen = await lookups.LookAsync(freshness, name, cancellationToken);
        metrics.CountLookup(seen);
        return seen;
    }

    /// <summary>
    /// Whether a lookup shows a link as it is, or that there is none. On an earlier timeline, compared with
    /// what is known now, after the lookup, even a link may be one that the present primary never had, and
    /// its code another's by now.
    /// </summary>
    private bool IsAnswer(LookupResult seen, string code)
    {
        if (seen.Timeline != lookups.Timeline)
            return false;
        if (seen.Link is not null)
            return pending.AreShownBy(seen);
        return seen.IsPrimary
            || (layouts.NewestTimeOf(code, seen.Layouts) is { } newest && newest <= seen.ClosedAt);
    }
}
