using Terse.Domains;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Finds links, and decides when Terse may answer "not found". Replicas lag, so a link that a replica does
/// not contain may exist. The horizon of a replica is the instant up to which the replica contains all links.
/// If a replica contains the link, Terse serves the link. If a replica does not contain the link, Terse
/// answers "not found" only if the code contains the creation time of the link, and the replica's horizon in
/// the same snapshot has passed this time. Otherwise the finder asks the primary, within a budget
/// (<see cref="PrimaryLookupBudget"/>). When the budget is used up, the finder asks a replica that has every
/// link which was acknowledged before the request arrived (<see cref="FencedLookups"/>). If the primary
/// cannot be reached, the finder waits until the horizon of a replica has passed the creation time. If no
/// replica can decide within the time limit, the answer is "unavailable", never "not found". Safe for use by
/// any number of threads.
/// </summary>
/// <remarks>
/// The finder also rejects outdated links. This Terse server may know of a change that a replica does not
/// contain yet (<see cref="PendingChanges"/>). Before the finder uses a link, the finder checks that the
/// lookup's snapshot contains all known changes of this link. So after a notification of a change, this Terse
/// server never answers with an older version of the link, whichever host the finder reads. While the server
/// is not notified of changes, only the primary or a replica behind a fence proves that a link is not
/// outdated. If no primary is known, the finder uses any replica. A primary that is only slow is known: the
/// finder waits until it is found lost, or answers "unavailable".
/// </remarks>
internal sealed class LinkFinder(
    ILinkLookups lookups,
    LayoutLease layouts,
    PrimaryLookupBudget budget,
    FencedLookups fenced,
    PendingChanges pending,
    DomainMap domains,
    LookupMetrics metrics,
    TimeProvider time) : ILinkReader
{
    /// <summary>
    /// How many requests may wait for an answer after the first host had none: 1 s of a flood of 5,000
    /// requests a second. Each waiting request takes about 2 KB.
    /// </summary>
    public const int MaxWaiting = 5000;

    /// <summary>
    /// How long the lookup of a link that exists waits for a replica to reach the fence, before the lookup
    /// goes to the primary.
    /// </summary>
    private static readonly TimeSpan MaxWaitForFence = TimeSpan.FromMilliseconds(500);

    /// <summary>The pause before the next lookup of a link while another host becomes the primary.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);

    private readonly AnswerRules _rules = new(lookups, layouts, pending, domains);
    private readonly LookupAttempts _attempts = new(lookups, metrics);
    private int _waiting;

    /// <inheritdoc/>
    public async ValueTask<Link?> FindAsync(LinkName name, CancellationToken cancellationToken)
    {
        using var span = Telemetry.Spans.StartActivity(SpanSampler.Lookup);
        try
        {
            var result = await PostgresErrors.WithTimeoutAsync(
                token => FindOnAnyHostAsync(name, token), time, cancellationToken);
            metrics.CountAnswer(result);
            LookupSpan.Complete(span, result, time.GetUtcNow());
            return result.Link;
        }
        catch (StoreUnavailableException exception)
        {
            metrics.CountNoAnswer(exception.IsOverload);
            span.SetFailed(exception);
            if (exception.IsOverload || !lookups.CanReachHost)
                throw;
            throw new StoreUnavailableException(exception.Message, exception)
            {
                IsPrimaryLost = exception.IsPrimaryLost,
                IsOverload = true,
            };
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Link?> FindLatestAsync(LinkName name, CancellationToken cancellationToken)
    {
        var result = await PostgresErrors.WithTimeoutAsync(
            token => _attempts.CountAsync(lookups.Latest.CallAsync(name, token)), time, cancellationToken);
        return result.IsPrimary && result.Generation == lookups.Generation
            ? result.Link
            : throw new StoreUnavailableException("Another host is becoming the primary; retry shortly.")
            {
                IsPrimaryLost = true,
            };
    }

    private async Task<LookupResult> FindOnAnyHostAsync(LinkName name, CancellationToken cancellationToken)
    {
        var generation = lookups.Generation;
        var first = await _attempts.TryAsync(lookups.Any.CallAsync(name, cancellationToken));
        if (first is not null && _rules.IsAnswer(first, name))
            return first;
        var result = await WaitAsync(name, first, generation, cancellationToken);
        if (first is { Link: null, IsReplica: true } && result.Link is not null)
            metrics.CountFalseNotFoundPrevented();
        return result;
    }

    /// <summary>
    /// Looks up a link again, because the first host may have returned an outdated version of the link.
    /// </summary>
    /// <param name="name">The link's name.</param>
    /// <param name="first">The result of the first host.</param>
    /// <param name="generation">The generation of the primary when the request came.</param>
    /// <param name="cancellationToken">Cancels the lookups.</param>
    /// <returns>Null if another host is becoming the primary.</returns>
    private async Task<LookupResult?> FindChangedAsync(
        LinkName name, LookupResult first, int generation, CancellationToken cancellationToken)
    {
        var hadPrimary = lookups.IsPrimaryKnown;
        try
        {
            var result = await _attempts.CountAsync(LookUpChangedAsync(name, cancellationToken));
            if (_rules.IsFinal(result, name.Code))
                return result;
            generation = AskedGeneration(result, generation);
        }
        catch (HostUnavailableException)
        {
            // The primary is lost or slow. If the result of another host is final, the result is used.
            // Otherwise the code below waits for a replica.
            if (await RepeatAsync(name, hadPrimary, cancellationToken) is { } later)
                return later;
            if (_rules.IsFinal(first, name.Code))
                return first;
        }

        return await WaitAndFindAsync(name, pending.RequiredFor(name).At, generation, cancellationToken);
    }

    /// <summary>
    /// Asks the primary within the budget, otherwise a replica behind a fence. So after a failover, or
    /// without notifications, the primary is not asked for every link that is followed. If no replica reaches
    /// the fence soon, the primary must answer; these lookups wait for each other, and share statements.
    /// </summary>
    private async Task<LookupResult> LookUpChangedAsync(LinkName name, CancellationToken cancellationToken)
    {
        if (budget.TryTake())
            return await lookups.Missing.CallAsync(name, cancellationToken);
        using var soon = new CancellationTokenSource(MaxWaitForFence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(soon.Token, cancellationToken);
        try
        {
            return await fenced.LookUpAsync(name, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return await lookups.Missing.CallAsync(name, cancellationToken);
        }
    }

    /// <summary>Looks up a link again, if not too many requests do so already.</summary>
    private async Task<LookupResult> WaitAsync(
        LinkName name, LookupResult? first, int generation, CancellationToken cancellationToken)
    {
        var isAllowed = Interlocked.Increment(ref _waiting) <= MaxWaiting;
        metrics.AddWaiting(1);
        try
        {
            if (isAllowed)
                return await FindAgainAsync(name, first, generation, cancellationToken);
            metrics.CountRefused();
            throw new StoreUnavailableException("Too many requests wait for the database; retry shortly.")
            {
                IsOverload = true,
            };
        }
        finally
        {
            metrics.AddWaiting(-1);
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>
    /// Looks up a link until a result is final. One round is enough, unless the primary is lost or replaced
    /// meanwhile: hosts may show a primary that no probe has found yet. The caller limits the time.
    /// </summary>
    private async Task<LookupResult> FindAgainAsync(
        LinkName name, LookupResult? first, int generation, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (first is not null)
            {
                var result = _rules.IsOutdated(first)
                    ? await FindChangedAsync(name, first, generation, cancellationToken)
                    : await FindMissingAsync(name, generation, cancellationToken);
                if (result is not null)
                    return result;
            }

            await Task.Delay(RetryInterval, time, cancellationToken);
            generation = lookups.Generation;
            first = await _attempts.TryAsync(lookups.Any.CallAsync(name, cancellationToken));
            if (first is not null && _rules.IsFinal(first, name.Code))
                return first;
        }
    }

    /// <summary>
    /// Looks up a link on any host after a lookup on the primary failed. If a primary was known before that
    /// lookup, it may have hung for a second and more, so a replica may have the link or the change by now.
    /// Returns null if there is no final result.
    /// </summary>
    private async Task<LookupResult?> RepeatAsync(
        LinkName name, bool hadPrimary, CancellationToken cancellationToken) =>
        hadPrimary
            && await _attempts.TryAsync(lookups.Any.CallAsync(name, cancellationToken)) is { } later
            && _rules.IsFinal(later, name.Code)
                ? later
                : null;

    /// <summary>
    /// Looks up a link after the first host did not contain the link, or proved nothing because the host
    /// shows an earlier primary. Asks the primary within the budget, otherwise a replica behind a fence.
    /// </summary>
    /// <returns>Null if another host is becoming the primary.</returns>
    private async Task<LookupResult?> FindMissingAsync(
        LinkName name, int generation, CancellationToken cancellationToken)
    {
        var hadPrimary = lookups.IsPrimaryKnown;
        try
        {
            var result = await _attempts.CountAsync(budget.TryTake()
                ? lookups.Missing.CallAsync(name, cancellationToken)
                : fenced.LookUpAsync(name, cancellationToken));
            if (_rules.IsFinal(result, name.Code))
                return result;
            if (_rules.IsOutdated(result))
                return await FindChangedAsync(name, result, generation, cancellationToken);
            generation = AskedGeneration(result, generation);
        }
        catch (HostUnavailableException)
        {
            // The primary is lost or slow. If no other host has the link yet, the code below waits for one.
            if (await RepeatAsync(name, hadPrimary, cancellationToken) is { } later)
                return later;
        }

        return await WaitAndFindAsync(
            name, layouts.NewestTimeOf(name.Code), generation, cancellationToken);
    }

    /// <summary>
    /// Waits until the horizon of some replica has passed an instant, or until a failover has replaced the
    /// primary, and then looks up the link on such a host. A failover can overtake a lookup: the answer comes
    /// from the old primary, or from the new one before its first beat, or the replica for which the request
    /// waits becomes the new primary.
    /// </summary>
    /// <param name="name">The link's name.</param>
    /// <param name="horizon">
    /// The instant that the host's horizon must pass; null if the code contains no creation time. For null,
    /// the method does not wait, because no horizon can prove that the link does not exist.
    /// </param>
    /// <param name="generation">
    /// The generation of the primary that did not decide; 0 if the current primary was not asked.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait and the lookup.</param>
    /// <returns>
    /// Null if the result is not final, and a host can be reached; or if the primary was found lost during
    /// the wait, because a replica may answer then.
    /// </returns>
    private async Task<LookupResult?> WaitAndFindAsync(
        LinkName name, DateTimeOffset? horizon, int generation, CancellationToken cancellationToken)
    {
        var instant = horizon ?? DateTimeOffset.MaxValue;
        var wait = await lookups.WaitForHorizonAsync(
            instant, generation, PostgresErrors.Timeout, cancellationToken);
        if (wait is HorizonWait.PrimaryLost)
            return null;
        if (wait is HorizonWait.Reached)
        {
            var lookup = lookups.LookUpAsync(name, instant, cancellationToken);
            if (await _attempts.TryAsync(lookup) is not { } result)
                return null;
            if (_rules.IsFinal(result, name.Code))
                return result;
            if (lookups.CanReachHost)
                return null;
        }

        throw new StoreUnavailableException(
            "The database cannot tell whether this link exists: the replicas lag behind, and the primary is "
            + "lost or overloaded. Retry shortly.");
    }

    private int AskedGeneration(LookupResult result, int generation) =>
        result.Generation == lookups.Generation ? generation : 0;
}
