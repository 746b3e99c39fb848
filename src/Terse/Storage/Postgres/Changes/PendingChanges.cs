using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// The changes that this server knows of and that some host may not show yet. When a replica shows a link,
/// the link counts only if the replica's horizon, from the same snapshot, has passed the pending change of
/// that link (<see cref="LinkFinder"/>). Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// The invariant: for each added change, the change is pending, or a later change of its link is pending, or
/// the floor is at or after the change. So <see cref="RequiredFor"/> is never earlier than an added change.
/// Removing a change raises the floor to it, so removal is only a matter of memory. As long as every host has
/// passed the removed changes, the floor is below all horizons and costs nothing. When a host is set back,
/// for example by a restored backup, or when changes were removed early, the floor keeps outdated links of
/// that host from being served.
/// </remarks>
/// <param name="time">The monotonic clock.</param>
internal sealed class PendingChanges(TimeProvider time)
{
    /// <summary>
    /// The maximum number of pending changes, at about 200 bytes each. Beyond it, the oldest change is
    /// removed.
    /// </summary>
    public const int MaxPending = 100_000;

    /// <summary>
    /// How long a change stays pending at most, so that a host lost for good holds no memory.
    /// </summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<LinkName, Moment> _newest = new();
    private readonly Queue<Added> _added = new();
    private readonly Lock _writing = new();
    private Floor _floor = new(default(Moment));

    /// <summary>The number of links with a pending change.</summary>
    public int Count => _newest.Count;

    /// <summary>Adds a change.</summary>
    /// <returns>False when this change, or a later change of its link, is pending already.</returns>
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

    /// <summary>The moment up to which a host must be complete, so that this link of it counts.</summary>
    public Moment RequiredFor(LinkName name)
    {
        // The order of these two reads matters: a removal raises the floor first, then removes the change.
        var newest = _newest.GetValueOrDefault(name);
        var floor = Volatile.Read(ref _floor).Value;
        return newest > floor ? newest : floor;
    }

    /// <summary>Whether a lookup shows a link with every change of it that this server knows of.</summary>
    public bool AreContainedIn(LookupResult result) =>
        result.Link is { } link && result.CompleteUpTo >= RequiredFor(link.Name);

    /// <summary>Treats every link as changed up to a moment.</summary>
    public void RaiseFloor(Moment floor)
    {
        lock (_writing)
        {
            if (floor > _floor.Value)
                Volatile.Write(ref _floor, new(floor));
        }
    }

    /// <summary>Removes the changes that every host has passed, and the changes that are too old.</summary>
    /// <param name="completeOnAllHosts">The moment up to which every host is complete.</param>
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

    /// <summary>A reference type, so that it can be read and written atomically.</summary>
    private sealed record Floor(Moment Value);

    private sealed record Added(LinkName Name, Moment WrittenAt, long AddedAt);
}

/// <summary>
/// An instant by the clock of the primary of a timeline. Every instant of a later timeline is later. A
/// snapshot that is complete up to a moment contains everything that was written at or before the moment, by
/// whichever primary's clock: what an earlier primary wrote, and the failover did not lose, precedes
/// everything that the new primary closed.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Moment(int Timeline, DateTimeOffset At) : IComparable<Moment>
{
    public static bool operator <(Moment one, Moment other) => one.CompareTo(other) < 0;

    public static bool operator >(Moment one, Moment other) => one.CompareTo(other) > 0;

    public static bool operator <=(Moment one, Moment other) => one.CompareTo(other) <= 0;

    public static bool operator >=(Moment one, Moment other) => one.CompareTo(other) >= 0;

    public int CompareTo(Moment other) =>
        Timeline != other.Timeline ? Timeline.CompareTo(other.Timeline) : At.CompareTo(other.At);
}
