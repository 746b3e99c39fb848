using System.Collections.Concurrent;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Contains the changes of links that this Terse server knows of. A change stays pending as long as a
/// PostgreSQL host may not contain the change. The Terse server uses a link from a replica only if the
/// horizon of the replica, read in the same snapshot, has passed the pending change of this link
/// (<see cref="LinkFinder"/>). Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// The floor is a moment. Every link is treated as if the link had been changed at this moment. For each
/// change that was added, one of three conditions is always true: the change is pending, a later change of
/// the same link is pending, or the floor is at or after the change. So <see cref="RequiredFor"/> never
/// returns a moment before an added change of the link. A change is removed only to save memory, and the
/// removal raises the floor to the moment of this change. As long as every host contains the removed changes,
/// the floor is earlier than the horizon of every host and rejects no link. The floor protects against
/// outdated links in two cases: a host was set back, for example by a restored backup, or a change was
/// removed before every host contained the change.
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

    private readonly ConcurrentDictionary<LinkName, Moment> _newest = new();
    private readonly Queue<Added> _added = new();
    private readonly Lock _writing = new();
    private Floor _floor = new(default(Moment));

    /// <summary>The number of links with a pending change.</summary>
    public int Count => _newest.Count;

    /// <summary>Adds a change of a link.</summary>
    /// <returns>False if this change or a later change of the same link is already pending.</returns>
    public bool Add(LinkName name, Moment writtenAt)
    {
        lock (_writing)
        {
            if (writtenAt <= _newest.GetValueOrDefault(name))
                return false;
            if (writtenAt <= _floor.Value)
                return true;
            _newest[name] = writtenAt;
            _added.Enqueue(new(name, writtenAt, time.GetTimestamp()));
            if (_added.Count > MaxPending)
                RemoveOldest();
            return true;
        }
    }

    /// <summary>
    /// Returns the moment that a host's horizon must have reached before this Terse server uses the link with
    /// this name from that host.
    /// </summary>
    public Moment RequiredFor(LinkName name)
    {
        // Reads the pending change before the floor. RemoveOldest raises the floor before it removes the
        // change, so with this order at least one of the two reads sees the change.
        var newest = _newest.GetValueOrDefault(name);
        var floor = Volatile.Read(ref _floor).Value;
        return newest > floor ? newest : floor;
    }

    /// <summary>
    /// True if the lookup found the link, and if the snapshot of the lookup contains all changes of the link
    /// that this Terse server knows of.
    /// </summary>
    public bool AreContainedIn(LookupResult result) =>
        result.Link is { } link && result.CompleteUpTo >= RequiredFor(link.Name);

    /// <summary>
    /// Treats every link as changed at the given moment, unless the floor is already later.
    /// </summary>
    public void RaiseFloor(Moment floor)
    {
        lock (_writing)
        {
            if (floor > _floor.Value)
                Volatile.Write(ref _floor, new(floor));
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
                && (oldest.WrittenAt <= completeOnAllHosts || time.GetElapsedTime(oldest.AddedAt) >= MaxAge))
            {
                RemoveOldest();
            }
        }
    }

    private void RemoveOldest()
    {
        var (name, writtenAt, _) = _added.Dequeue();
        if (_newest.GetValueOrDefault(name) != writtenAt)
            return; // A later change of the link is pending.
        RaiseFloor(writtenAt);
        _newest.TryRemove(name, out _);
    }

    /// <summary>
    /// A reference type, because threads can read and write a reference atomically, but not a
    /// <see cref="Moment"/>.
    /// </summary>
    private sealed record Floor(Moment Value);

    private sealed record Added(LinkName Name, Moment WrittenAt, long AddedAt);
}
