using System.Globalization;

namespace Terse.Ids;

/// <summary>
/// What the settings say of ids; the database follows it by adding a <see cref="IdLayout"/>.
/// </summary>
/// <param name="TickLength">How long a tick lasts.</param>
/// <param name="NodeBits">Bits of the node.</param>
/// <param name="SequenceBits">Bits of the sequence.</param>
/// <param name="Opaque">Whether codes are permuted.</param>
/// <param name="SecretCheck">What tells the secret from another; null where there is none.</param>
/// <param name="Foreign">The layout that ids have to fit into, where the strategy has one.</param>
internal sealed record DesiredLayout(
    TimeSpan TickLength,
    int NodeBits,
    int SequenceBits,
    bool Opaque,
    string? SecretCheck,
    TsidLayout? Foreign);

/// <summary>
/// A layout of ids and the instant from which on ids were minted by it, until the next one began. So each
/// instant, and each id, belongs to one layout.
/// </summary>
/// <param name="Number">Counts the layouts of a database from 1.</param>
/// <param name="Ids">How ids are put together.</param>
/// <param name="Since">No id of this layout has a tick that begins earlier; whole milliseconds.</param>
/// <param name="Opaque">Whether the codes of its ids are permuted, where the strategy can.</param>
internal sealed record IdLayout(int Number, TsidLayout Ids, DateTimeOffset Since, bool Opaque)
{
    /// <summary>
    /// The first layout of a database that is made now: it counts from the midnight before.
    /// </summary>
    public static IdLayout First(DesiredLayout wish, DateTimeOffset now)
    {
        var midnight = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        return new(1, NewIds(wish, midnight), midnight, wish.Opaque);
    }

    /// <summary>Whether this layout is what the settings say.</summary>
    public bool Matches(DesiredLayout wish) =>
        (Ids.TickLength, Ids.NodeBits, Ids.SequenceBits, Opaque)
        == (wish.TickLength, wish.NodeBits, wish.SequenceBits, wish.Opaque);

    /// <summary>
    /// The layout that follows this one. Its epoch is such that its first id is the next greater one: ids
    /// grow on over the change, and codes get no longer by it.
    /// </summary>
    /// <param name="wish">What the settings say.</param>
    /// <param name="since">An instant that no id of this layout reaches.</param>
    /// <exception cref="ArgumentException">The wish leaves no room for another year of ids.</exception>
    public IdLayout Next(DesiredLayout wish, DateTimeOffset since)
    {
        var bits = wish.NodeBits + wish.SequenceBits;
        var least = (ulong)(Ids.TickAt(since) + 1) << (Ids.NodeBits + Ids.SequenceBits);
        var ticks = (least + (1UL << bits) - 1) >> bits;
        if (ticks > (ulong)(since.UtcTicks / wish.TickLength.Ticks))
            throw NoRoom(wish);
        var ids = NewIds(wish, since.AddTicks(-wish.TickLength.Ticks * (long)ticks));
        return (ids.MaxTick - (long)ticks) * ids.TickLength.TotalDays > 366
            ? new(Number + 1, ids, since, wish.Opaque)
            : throw NoRoom(wish);
    }

    /// <summary>When the tick of an id begins.</summary>
    public DateTimeOffset StartOf(Tsid id) => Ids.StartOf(Ids.TickOf(id));

    /// <summary>When the tick of an id ends.</summary>
    public DateTimeOffset EndOf(Tsid id) => StartOf(id) + Ids.TickLength;

    /// <summary>The tick that begins at an instant, if there is one.</summary>
    public bool TryTickFrom(DateTimeOffset begin, out long tick)
    {
        var (ticks, rest) = Math.DivRem(begin.UtcTicks - Ids.Epoch.UtcTicks, Ids.TickLength.Ticks);
        tick = ticks;
        return rest == 0 && ticks >= 0 && ticks <= Ids.MaxTick;
    }

    /// <summary>
    /// The first id of the tick that begins so many milliseconds after 1970, if there is one.
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

    /// <summary>When the tick of an id begins and ends; false where that lies beyond all calendars.</summary>
    public bool TryBoundsOf(Tsid id, out DateTimeOffset begin, out DateTimeOffset end)
    {
        var tick = Ids.TickOf(id);
        var isInTime = tick < (DateTimeOffset.MaxValue - Ids.Epoch).Ticks / Ids.TickLength.Ticks;
        begin = isInTime ? Ids.StartOf(tick) : DateTimeOffset.MaxValue;
        end = isInTime ? begin + Ids.TickLength : DateTimeOffset.MaxValue;
        return isInTime;
    }

    private static ArgumentException NoRoom(DesiredLayout wish) => new(
        $"After the ids that are there, {wish.NodeBits} bits of node and {wish.SequenceBits} of sequence "
        + $"with ticks of {wish.TickLength.TotalMilliseconds} ms leave no room for another year; take more "
        + "bits, or a shorter tick.",
        nameof(wish));

    private static TsidLayout NewIds(DesiredLayout wish, DateTimeOffset epoch)
    {
        var usual = TsidLayout.Terse(epoch);
        if ((wish.TickLength, wish.NodeBits, wish.SequenceBits)
            == (usual.TickLength, usual.NodeBits, usual.SequenceBits))
        {
            return usual;
        }

        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"{wish.TickLength.TotalMilliseconds}ms-{wish.NodeBits}-{wish.SequenceBits}");
        return new(name, wish.TickLength, epoch, wish.NodeBits, wish.SequenceBits);
    }
}
