using System.Runtime.InteropServices;

namespace Terse.Storage.Postgres;

/// <summary>
/// An instant by the clock of the primary, together with the timeline of this primary. A moment of a later
/// timeline is always later, whatever the clocks show. If a snapshot is complete up to a moment, the snapshot
/// contains everything that any primary wrote at or before this moment. This includes earlier timelines: the
/// data that a failover did not lose is on the new primary before the new primary moves the horizon for the
/// first time.
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
