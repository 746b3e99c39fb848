using Microsoft.Extensions.Options;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Decides how long a cached link may be served: up to <see cref="CacheOptions.MaxAge"/> after its load, and
/// up to <see cref="ChangeDelay.InCache"/> after its last confirmation. Safe for use by any number of
/// threads.
/// </summary>
/// <remarks>
/// <para>
/// A link is confirmed at the start of its load, and at each instant up to which the change feed has reported
/// all changes and the server knows all blocked hosts. While both work, this instant is at most about a
/// second ago.
/// <see cref="ChangeDelay"/> explains how late a change can be in total.
/// </para>
/// <para>
/// The feed can report that all links may have changed, for example after a failover. From then on, the feed
/// does not confirm the links that were loaded before the report. Such a link is unconfirmed until it is
/// loaded again: the limit of 3 s after its last confirmation continues, and after the limit the link is not
/// served, not even if the store is lost. Until the limit, the cache serves the links that it has, so it does
/// not load all links from the store at once. In the last second of the limit, a link that is followed is
/// loaded again in the background.
/// </para>
/// </remarks>
internal sealed class LinkFreshness
{
    /// <summary>
    /// The time after the last confirmation from which a link is loaded again in the background.
    /// </summary>
    private static readonly TimeSpan ReloadAge = ChangeDelay.InCache - TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private long _maxTicks;
    private readonly long _limitTicks;
    private readonly long _reloadTicks;
    private readonly Lock _changing = new();

    /// <summary>All changes that were acknowledged before this timestamp have been reported.</summary>
    private long _completeAt;

    /// <summary>
    /// What the last two reports that all links may have changed mean for the cached links. The object is
    /// immutable: a new report replaces it as a whole, so a reader never sees a mixture of old and new
    /// values.
    /// </summary>
    private Reports _reports = new(long.MinValue, long.MinValue, long.MinValue);

    public LinkFreshness(IOptions<CacheOptions> options, TimeProvider time)
    {
        _time = time;
        _maxTicks = TicksOf(options.Value.MaxAge);
        _limitTicks = TicksOf(ChangeDelay.InCache);
        _reloadTicks = TicksOf(ReloadAge);
        _completeAt = time.GetTimestamp(); // The cache is empty, so it misses no change.
    }

    /// <summary>Changes the maximum age of cached links, for those that are cached already, too.</summary>
    public void SetMaxAge(TimeSpan maxAge) => Volatile.Write(ref _maxTicks, TicksOf(maxAge));

    /// <param name="loadedAt">The monotonic timestamp at which the load of the link began.</param>
    /// <param name="now">The present monotonic timestamp.</param>
    public CopyState Of(long loadedAt, long now)
    {
        // The order of the two reads matters. The feed calls OnAllChanged before the next OnComplete. So a
        // reader that sees the new timestamp also sees the new report, and does not confirm a link with the
        // new timestamp if the link was loaded before the report.
        var completeAt = Volatile.Read(ref _completeAt);
        var reports = Volatile.Read(ref _reports);
        if (loadedAt <= reports.UnusableUpTo)
            return CopyState.Unusable;
        var isUnconfirmed = loadedAt <= reports.UnconfirmedUpTo;
        var unconfirmed = now - Math.Max(loadedAt, isUnconfirmed ? reports.CompleteAt : completeAt);
        if (unconfirmed > _limitTicks || now - loadedAt > Volatile.Read(ref _maxTicks))
            return isUnconfirmed ? CopyState.Unusable : CopyState.Stale;
        return unconfirmed > _reloadTicks ? CopyState.ReloadSoon : CopyState.Fresh;
    }

    /// <summary>Whether a stale link may be served because the load of the link failed.</summary>
    /// <param name="loadedAt">The monotonic timestamp at which the load of the stale link began.</param>
    /// <param name="isOverload">
    /// Whether the load failed although the store can be reached. Without the feed, other servers then may
    /// store changes that this server does not know.
    /// </param>
    public bool MayServeStale(long loadedAt, bool isOverload) =>
        loadedAt > Volatile.Read(ref _reports).UnconfirmedUpTo
        && (!isOverload
            || _time.GetTimestamp() - Volatile.Read(ref _completeAt) <= _limitTicks);

    /// <inheritdoc cref="ILinkChangeListener.OnComplete"/>
    public void OnComplete(long completeAt) => Volatile.Write(ref _completeAt, completeAt);

    /// <inheritdoc cref="ILinkChangeListener.OnAllChanged"/>
    public void OnAllChanged()
    {
        lock (_changing)
        {
            Volatile.Write(ref _reports, new(
                UnconfirmedUpTo: _time.GetTimestamp(),
                CompleteAt: Volatile.Read(ref _completeAt),
                UnusableUpTo: _reports.UnconfirmedUpTo));
        }
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    /// <param name="UnconfirmedUpTo">
    /// The time of the last report that all links may have changed. Links that were loaded before this time
    /// are unconfirmed.
    /// </param>
    /// <param name="CompleteAt">
    /// At the time of the last report, the feed had reported all changes that were acknowledged before this
    /// timestamp.
    /// </param>
    /// <param name="UnusableUpTo">
    /// The time of the second last report. Links that are unconfirmed since then must not be served, not even
    /// if their load fails.
    /// </param>
    private sealed record Reports(long UnconfirmedUpTo, long CompleteAt, long UnusableUpTo);
}

/// <summary>Whether a cached link may be served.</summary>
internal enum CopyState
{
    /// <summary>The link must not be served, not even if its load fails.</summary>
    Unusable,

    /// <summary>The link may be served only if its load fails.</summary>
    Stale,

    /// <summary>The link may be served, but not for long; it should be loaded again meanwhile.</summary>
    ReloadSoon,

    Fresh,
}
