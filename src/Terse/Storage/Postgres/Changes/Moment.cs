using System.Runtime.InteropServices;

namespace Terse.Storage.Postgres;

/// <summary>
/// An instant by the clock of a primary, together with the generation of this primary (<see
/// cref="Terse.Horizon.ClusterPrimary.Generation"/>). A moment of a later primary is always later, whatever
/// the clocks show. If a snapshot is complete up to a moment, the snapshot contains everything that any
/// primary wrote at or before this moment, except for data that a failover lost. This includes writes of
/// earlier primaries, because a new primary contains these writes before it moves the horizon for the first
/// time.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Moment(int Generation, DateTimeOffset At) : IComparable<Moment>
{
    public static bool operator <(Moment one, Moment other) => one.CompareTo(other) < 0;

    public static bool operator >(Moment one, Moment other) => one.CompareTo(other) > 0;

    public static bool operator <=(Moment one, Moment other) => one.CompareTo(other) <= 0;

    public static bool operator >=(Moment one, Moment other) => one.CompareTo(other) >= 0;

    public int CompareTo(Moment other) =>
        Generation != other.Generation ? Generation.CompareTo(other.Generation) : At.CompareTo(other.At);
}
