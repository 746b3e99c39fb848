using System.Collections.Concurrent;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Contains the changes of links that this Terse server knows of. A change stays pending as long as a
/// PostgreSQL host may not contain the change. The Terse server uses a link from a replica only if the link
/// has the version of its pending change or a later version, or if the horizon of the replica, read in the
/// same snapshot, has passed the pending change (<see cref="LinkFinder"/>). Safe for use by any number of
/// threads.
/// </summary>
/// <remarks>
/// The version orders the changes of one link, because the time of a change can be earlier than the time of
/// the change before it: the primary's clock may step back. Versions of different primaries are not
/// comparable, because a failover can lose a version; the change of the later primary is newer.
/// The floor is a moment. Every link is treated as if the link had been changed at this moment. For each
/// change that was added, one of three conditions is always true: the change is pending, a newer change of
/// the same link is pending, or the floor is at or after this change or a newer change of the same link. A
/// change is removed only to save memory, and the removal raises the floor to the moment of this change. As
/// long as every host contains the removed changes, the floor is earlier than the horizon of every host and
/// rejects no link. The floor protects against outdated links in two cases: a host was set back, for example
/// by a restored backup, or a change was removed before every host contained the change.
/// </remarks>
/// <param name="time">Measures how long each change has been pending.</param>
internal sealed class PendingChanges(TimeProvider time)
{
    /// <summary>
    /// The maximum number of pending changes. Each change takes about 200 bytes. When there are more changes,
    /// the oldest change is removed.
    /// </summary>
    public const int MaxPending = 100_000;

    /// <summary>
    /// The maximum time for which a change stays pending. Without this limit, a host that never comes back
    /// would keep changes in memory forever.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<LinkName, Change> _newest = new();
    private readonly Queue<Added> _added = new();
    private readonly Lock _writing = new();
    private Floor _floor = new(default(Moment));

    /// <summary>
    /// The generation of the primary at the last restart. The floor never has a later one: until the next
    /// failover, it would reject every link on every host.
    /// </summary>
    private int _generation = int.MaxValue;

    private long _completeUntil = long.MinValue;

    /// <summary>
    /// Whether this Terse server is notified of every change. While it is not, a link may have a change that
    /// is not pending, so a link from a replica may be outdated.
    /// </summary>
    public bool IsComplete => time.GetTimestamp() <= Volatile.Read(ref _completeUntil);

    /// <summary>The number of links with a pending change.</summary>
    public int Count => _newest.Count;

    /// <summary>Adds a change of a link.</summary>
    /// <param name="name">The link's name.</param>
    /// <param name="version">The version of the link that the change stored.</param>
    /// <param name="writtenAt">The time of the change by the primary's clock.</param>
    /// <returns>False if this change or a newer change of the same link is already pending.</returns>
    public bool Add(LinkName name, int version, Moment writtenAt)
    {
        var change = new Change(version, writtenAt);
        lock (_writing)
        {
            if (_newest.TryGetValue(name, out var known) && !change.IsNewerThan(known))
                return false;
            if (writtenAt <= _floor.Value)
                return true;
            _newest[name] = change;
            _added.Enqueue(new(name, change, time.GetTimestamp()));
            if (_added.Count > MaxPending)
                RemoveOldest();
            return true;
        }
    }

    /// <summary>
    /// Reports that all changes were added that were acknowledged before this monotonic timestamp. The
    /// changes count as complete for <see cref="ChangeDelay.InLoad"/> after this timestamp.
    /// </summary>
    public void OnComplete(long completeAt) => Volatile.Write(
        ref _completeUntil, completeAt + (long)(ChangeDelay.InLoad.TotalSeconds * time.TimestampFrequency));

    /// <summary>
    /// Returns the moment that a host's horizon must have reached before this Terse server uses the link with
    /// this name from that host, whatever version the host has.
    /// </summary>
    public Moment RequiredFor(LinkName name)
    {
        var (newest, floor) = Read(name);
        return newest is not null && newest.WrittenAt > floor ? newest.WrittenAt : floor;
    }

    /// <summary>
    /// True if the lookup found the link, and if the snapshot of the lookup contains all changes of the link
    /// that this Terse server knows of: the horizon has passed them, or the link has the version of the
    /// newest change already.
    /// </summary>
    public bool AreContainedIn(LookupResult result)
    {
        if (result.Link is not { } link)
            return false;
        var (newest, floor) = Read(link.Name);
        var complete = result.CompleteUpTo;
        return complete >= floor
            && (newest is null || complete >= newest.WrittenAt || newest.IsContainedIn(link, complete));
    }

    /// <summary>
    /// Reads the pending change before the floor. <see cref="RemoveOldest"/> raises the floor before it
    /// removes the change, so with this order at least one of the two reads sees the change.
    /// </summary>
    private (Change? Newest, Moment Floor) Read(LinkName name) =>
        (_newest.GetValueOrDefault(name), Volatile.Read(ref _floor).Value);

    /// <summary>
    /// Treats every link as changed at the given moment and at each pending change, and forgets all pending
    /// changes. A later change of the same link may then have a lower version, because a failover or a
    /// restored backup can lose versions.
    /// </summary>
    public void Restart(Moment floor)
    {
        lock (_writing)
        {
            _generation = floor.Generation;
            RaiseFloor(floor);
            while (_added.Count > 0)
                RemoveOldest();
        }
    }

    /// <summary>
    /// Removes the changes that every host contains, and the changes that are older than
    /// <see cref="MaxAge"/>.
    /// </summary>
    /// <param name="completeOnAllHosts">
    /// Every host contains all changes that were written up to this moment.
    /// </param>
    public void RemovePassed(Moment completeOnAllHosts)
    {
        lock (_writing)
        {
            while (_added.TryPeek(out var oldest)
                && (oldest.Change.WrittenAt <= completeOnAllHosts
                    || time.GetElapsedTime(oldest.AddedAt) >= MaxAge))
            {
                RemoveOldest();
            }
        }
    }

    private void RemoveOldest()
    {
        var (name, change, _) = _added.Dequeue();
        if (_newest.GetValueOrDefault(name) != change)
            return; // A newer change of the link is pending.
        RaiseFloor(change.WrittenAt);
        _newest.TryRemove(name, out _);
    }

    /// <summary>The caller must hold the lock.</summary>
    private void RaiseFloor(Moment floor)
    {
        if (floor.Generation > _generation)
            floor = floor with { Generation = _generation };
        if (floor > _floor.Value)
            Volatile.Write(ref _floor, new(floor));
    }

    /// <summary>
    /// A reference type, because threads can read and write a reference atomically, but not a
    /// <see cref="Moment"/>.
    /// </summary>
    private sealed record Floor(Moment Value);

    private sealed record Change(int Version, Moment WrittenAt)
    {
        public bool IsNewerThan(Change other) =>
            (WrittenAt.Generation, Version).CompareTo((other.WrittenAt.Generation, other.Version)) > 0;

        /// <summary>Whether a link from a snapshot of the same primary contains this change.</summary>
        public bool IsContainedIn(Link link, Moment snapshot) =>
            snapshot.Generation == WrittenAt.Generation && link.Version >= Version;
    }

    private sealed record Added(LinkName Name, Change Change, long AddedAt);
}
