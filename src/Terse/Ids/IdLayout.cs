using System.Globalization;

namespace Terse.Ids;

/// <summary>
/// The layout of ids that a server's settings request. When it differs from the stored layout, the store adds
/// an <see cref="IdLayout"/>.
/// </summary>
/// <param name="TickLength">The length of a tick, which is the unit of an id's timestamp.</param>
/// <param name="NodeBits">How many bits of an id contain the node.</param>
/// <param name="SequenceBits">How many bits of an id count the ids of one node within a tick.</param>
/// <param name="Opaque">Whether codes are encrypted ids.</param>
/// <param name="SecretCheck">
/// The check value of the secret that encrypts codes; null without a secret.
/// </param>
/// <param name="Foreign">
/// The id layout of a different system, such as Snowflake, if codes have the format of that system's ids. In
/// this case Terse's ids must fit into that layout. Otherwise null.
/// </param>
internal sealed record DesiredLayout(
    TimeSpan TickLength,
    int NodeBits,
    int SequenceBits,
    bool Opaque,
    string? SecretCheck,
    TsidLayout? Foreign);

/// <summary>
/// A layout of ids, and the instant from which servers mint ids of this layout. The layout ends where the
/// next layout begins, so each instant and each id belongs to exactly one layout.
/// </summary>
/// <param name="Number">The number of the layout. The first layout of a database has the number 1.</param>
/// <param name="Ids">How an id is divided into tick, node and sequence.</param>
/// <param name="Since">
/// The start of the layout, in whole milliseconds. Every id of this layout has a tick that begins at or after
/// this start.
/// </param>
/// <param name="Opaque">Whether codes are encrypted ids, if the strategy supports encryption.</param>
internal sealed record IdLayout(int Number, TsidLayout Ids, DateTimeOffset Since, bool Opaque)
{
    /// <summary>Returns the first layout of a new database. Its epoch is the last midnight in UTC.</summary>
    public static IdLayout First(DesiredLayout desired, DateTimeOffset now)
    {
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        return new(1, NewIds(desired, midnight), midnight, desired.Opaque);
    }

    /// <summary>Whether this layout equals the desired layout.</summary>
    public bool Matches(DesiredLayout desired) =>
        (Ids.TickLength, Ids.NodeBits, Ids.SequenceBits, Opaque)
        == (desired.TickLength, desired.NodeBits, desired.SequenceBits, desired.Opaque);

    /// <summary>
    /// Returns the layout that follows this layout. The new epoch is chosen so that the first id of the new
    /// layout is just above the last id of this layout. Therefore ids continue to increase when the layout
    /// changes, and the change alone does not make codes longer.
    /// </summary>
    /// <param name="desired">The desired layout.</param>
    /// <param name="since">
    /// The start of the new layout. It must be at or after the end of the last tick in which a server can
    /// mint an id with this layout.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The ids of the desired layout would last for less than one year.
    /// </exception>
    public IdLayout Next(DesiredLayout desired, DateTimeOffset since)
    {
        var bits = desired.NodeBits + desired.SequenceBits;
        var least = (ulong)(Ids.TickAt(since) + 1) << (Ids.NodeBits + Ids.SequenceBits);
        var ticks = (least + (1UL << bits) - 1) >> bits;
        if (ticks > (ulong)(since.UtcTicks / desired.TickLength.Ticks))
            throw NoRoom(desired);
        var ids = NewIds(desired, since.AddTicks(-desired.TickLength.Ticks * (long)ticks));
        return (ids.MaxTick - (long)ticks) * ids.TickLength.TotalDays > 366
            ? new(Number + 1, ids, since, desired.Opaque)
            : throw NoRoom(desired);
    }

    /// <summary>The instant at which the tick of an id begins.</summary>
    public DateTimeOffset StartOf(Tsid id) => Ids.StartOf(Ids.TickOf(id));

    /// <summary>The instant at which the tick of an id ends.</summary>
    public DateTimeOffset EndOf(Tsid id) => StartOf(id) + Ids.TickLength;

    /// <summary>
    /// Finds the tick that begins exactly at the given instant. Returns false if there is no such tick.
    /// </summary>
    public bool TryTickFrom(DateTimeOffset begin, out long tick)
    {
        var (ticks, rest) = Math.DivRem(begin.UtcTicks - Ids.Epoch.UtcTicks, Ids.TickLength.Ticks);
        tick = ticks;
        return rest == 0 && ticks >= 0 && ticks <= Ids.MaxTick;
    }

    /// <summary>
    /// Finds the first id of the tick that begins exactly at the given Unix time in milliseconds. Returns
    /// false if there is no such tick.
    /// </summary>
    public bool TryFirstIdFrom(long milliseconds, out Tsid id)
    {
        id = default;
        if (milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || !TryTickFrom(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), out var tick))
        {
            return false;
        }

        id = Ids.Compose(tick, node: 0, sequence: 0);
        return true;
    }

    /// <summary>
    /// Computes when an id's tick begins and ends. Returns false if the tick lies after the year 9999.
    /// </summary>
    public bool TryBoundsOf(Tsid id, out DateTimeOffset begin, out DateTimeOffset end)
    {
        var tick = Ids.TickOf(id);
        var isInTime = tick < (DateTimeOffset.MaxValue - Ids.Epoch).Ticks / Ids.TickLength.Ticks;
        begin = isInTime ? Ids.StartOf(tick) : DateTimeOffset.MaxValue;
        end = isInTime ? begin + Ids.TickLength : DateTimeOffset.MaxValue;
        return isInTime;
    }

    private static ArgumentException NoRoom(DesiredLayout desired) => new(
        $"With Ids:NodeBits {desired.NodeBits}, Ids:SequenceBits {desired.SequenceBits} and ticks of "
        + $"{desired.TickLength.TotalMilliseconds} ms, ids greater than the existing ids last for less than "
        + "a year; set more bits or a shorter Ids:TickLength.",
        nameof(desired));

    private static TsidLayout NewIds(DesiredLayout desired, DateTimeOffset epoch)
    {
        var standard = TsidLayout.Terse(epoch);
        if ((desired.TickLength, desired.NodeBits, desired.SequenceBits)
            == (standard.TickLength, standard.NodeBits, standard.SequenceBits))
        {
            return standard;
        }

        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"{desired.TickLength.TotalMilliseconds}ms-{desired.NodeBits}-{desired.SequenceBits}");
        return new(name, desired.TickLength, epoch, desired.NodeBits, desired.SequenceBits);
    }
}
