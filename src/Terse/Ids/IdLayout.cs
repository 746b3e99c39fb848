using System.Globalization;

namespace Terse.Ids;

/// <summary>
/// The layout of ids that the settings of a server ask for. When it differs from the stored layout, the store
/// adds an <see cref="IdLayout"/>.
/// </summary>
/// <param name="TickLength">The length of a tick.</param>
/// <param name="NodeBits">The number of bits of the node.</param>
/// <param name="SequenceBits">The number of bits of the sequence.</param>
/// <param name="Opaque">Whether codes are encrypted ids.</param>
/// <param name="SecretCheck">The check value of the secret; null without a secret.</param>
/// <param name="Foreign">
/// The layout of another system that ids must fit into; null for most strategies.
/// </param>
internal sealed record DesiredLayout(
    TimeSpan TickLength,
    int NodeBits,
    int SequenceBits,
    bool Opaque,
    string? SecretCheck,
    TsidLayout? Foreign);

/// <summary>
/// A layout of ids, with the instant from which servers mint ids of this layout. The layout ends where the
/// next one begins, so each instant and each id belongs to exactly one layout.
/// </summary>
/// <param name="Number">Counts the layouts of a database from 1.</param>
/// <param name="Ids">The parts of an id.</param>
/// <param name="Since">The tick of every id of this layout begins at or after it; whole milliseconds.</param>
/// <param name="Opaque">Whether codes are encrypted ids, if the strategy supports encryption.</param>
internal sealed record IdLayout(int Number, TsidLayout Ids, DateTimeOffset Since, bool Opaque)
{
    /// <summary>
    /// The first layout of a new database. Its epoch is the last midnight in UTC.
    /// </summary>
    public static IdLayout First(DesiredLayout desired, DateTimeOffset now)
    {
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        return new(1, NewIds(desired, midnight), midnight, desired.Opaque);
    }

    /// <summary>Whether this layout equals the desired one.</summary>
    public bool Matches(DesiredLayout desired) =>
        (Ids.TickLength, Ids.NodeBits, Ids.SequenceBits, Opaque)
        == (desired.TickLength, desired.NodeBits, desired.SequenceBits, desired.Opaque);

    /// <summary>
    /// The layout that follows this one. Its epoch is chosen so that its first id is just above the last id
    /// of this layout: ids keep growing across the change, and the change itself does not make codes longer.
    /// </summary>
    /// <param name="desired">The desired layout.</param>
    /// <param name="since">An instant after the ticks of all ids of this layout.</param>
    /// <exception cref="ArgumentException">
    /// The desired layout has no room for another year of ids.
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

    /// <summary>Finds the tick that begins exactly at an instant.</summary>
    public bool TryTickFrom(DateTimeOffset begin, out long tick)
    {
        var (ticks, rest) = Math.DivRem(begin.UtcTicks - Ids.Epoch.UtcTicks, Ids.TickLength.Ticks);
        tick = ticks;
        return rest == 0 && ticks >= 0 && ticks <= Ids.MaxTick;
    }

    /// <summary>
    /// Finds the first id of the tick that begins exactly at a Unix time in milliseconds.
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

    /// <summary>The start and the end of an id's tick; false when they lie after the year 9999.</summary>
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
