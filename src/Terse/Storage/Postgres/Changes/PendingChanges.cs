using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// The changes that this server knows of and that some host may not show yet. A replica that shows a link is
/// believed only where its horizon, of the same snapshot, has passed what is pending for that link
/// (<see cref="LinkFinder"/>). Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// The invariant: of each change that was added, either it is pending, or a later one of its link is, or the
/// floor is at or past it; and <see cref="NewestOf"/> is never less than any of them. To drop a change raises
/// the floor to it. So what is dropped is a matter of economy alone: as long as every host has passed it, the
/// floor is below all horizons and costs nothing; and where a host is thrown back, such as by a backup, or
/// changes had to be dropped early, the floor keeps what that host shows from being believed.
/// </remarks>
/// <param name="time">The monotonic clock.</param>
internal sealed class PendingChanges(TimeProvider time)
{
    /// <summary>More are dropped, the oldest first, at some 200 bytes each.</summary>
    public const int MaxPending = 100_000;

    /// <summary>A host that is lost for good does not keep changes pending for longer.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<LinkName, Moment> _newest = new();
    private readonly Queue<Added> _added = new();
    private readonly Lock _writing = new();
    private Floor _floor = new(default(Moment));

    /// <summary>How many links have a change that is pending.</summary>
    public int Count => _newest.Count;

    /// <summary>Adds a change.</summary>
    /// <returns>False where it is pending already, or a later one of its link.</returns>
    public bool Add(LinkName name, Moment written)
    {
        lock (_writing)
        {
            if (written <= _newest.GetValueOrDefault(name))
                return false;
            if (written <= _floor.Value)
                return true;
            _newest[name] = written;
            _added.Enqueue(new(name, written, time.GetTimestamp()));
            if (_added.Count > MaxPending)
                DropOldest();
            return true;
        }
    }

    /// <summary>
    /// Up to when a host must be complete, at least, for what it shows of this link to be believed.
    /// </summary>
    public Moment NewestOf(LinkName name)
    {
        // In this order: who drops a change raises the floor first.
        var newest = _newest.GetValueOrDefault(name);
        var floor = Volatile.Read(ref _floor).Value;
        return newest > floor ? newest : floor;
    }

    /// <summary>Whether a snapshot shows a link, and all changes of it that are known.</summary>
    public bool AreShownBy(LookupResult seen) =>
        seen.Link is { } link && seen.Complete >= NewestOf(link.Name);

    /// <summary>There may have been any changes up to then.</summary>
    public void RaiseFloor(Moment floor)
    {
        lock (_writing)
        {
            if (floor > _floor.Value)
                Volatile.Write(ref _floor, new(floor));
        }
    }

    /// <summary>Drops those that every host has passed, and those that are too old.</summary>
    /// <param name="passed">Up to when every host is complete, by what the last looks saw.</param>
    public void Drop(Moment passed)
    {
        lock (_writing)
        {
            while (_added.TryPeek(out var oldest)
                && (oldest.Written <= passed || time.GetElapsedTime(oldest.AddedAt) >= MaxAge))
            {
                DropOldest();
            }
        }
    }

    private void DropOldest()
    {
        var (name, written, _) = _added.Dequeue();
        if (_newest.GetValueOrDefault(name) != written)
            return; // A later one of the link is pending.
        RaiseFloor(written);
        _newest.TryRemove(name, out _);
    }

    private sealed record Floor(Moment Value);

    private sealed record Added(LinkName Name, Moment Written, long AddedAt);
}

/// <summary>
/// An instant by the clock of the primary of a timeline; every instant of a later timeline is later. A
/// snapshot that is complete up to a moment has what was written at or before it, by whichever clock: what
/// was written on an earlier timeline, and not lost with it, came before all that its heir closed.
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
