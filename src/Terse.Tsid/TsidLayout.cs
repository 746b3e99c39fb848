using System.Numerics;

namespace Terse;

/// <summary>
/// How the 63 bits of an id are shared out: ticks since an epoch first, so that ids sort by time, then the
/// node that minted it, then a sequence within the tick.
/// </summary>
/// <remarks>Immutable, and so safe for use by any number of threads.</remarks>
public sealed record TsidLayout
{
    /// <summary>Bits of a positive <see cref="long"/>, which is what an id is.</summary>
    public const int IdBits = 63;

    /// <summary>Twitter's epoch: 2010-11-04T01:42:54.657Z.</summary>
    private static readonly DateTimeOffset SnowflakeEpoch =
        DateTimeOffset.FromUnixTimeMilliseconds(1288834974657);

    private static readonly DateTimeOffset CanonicalEpoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Creates a layout.</summary>
    /// <param name="name">What the layout is called where it is stored and shown; not empty.</param>
    /// <param name="tickLength">How long a tick lasts: whole milliseconds, from one to a day.</param>
    /// <param name="epoch">The instant at which tick 0 begins.</param>
    /// <param name="nodeBits">Bits of the node, 0 to 30.</param>
    /// <param name="sequenceBits">Bits of the sequence, 0 to 30.</param>
    /// <exception cref="ArgumentException">
    /// A part is out of its range, or the bits do not leave room for a year of ticks; the message says which,
    /// and shows the sum.
    /// </exception>
    public TsidLayout(string name, TimeSpan tickLength, DateTimeOffset epoch, int nodeBits, int sequenceBits)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(tickLength, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tickLength, TimeSpan.FromDays(1));
        if (tickLength.Ticks % TimeSpan.TicksPerMillisecond != 0)
            throw new ArgumentException("A tick is a whole number of milliseconds.", nameof(tickLength));
        ArgumentOutOfRangeException.ThrowIfNegative(nodeBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodeBits, 30);
        ArgumentOutOfRangeException.ThrowIfNegative(sequenceBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequenceBits, 30);

        var tickBits = 64 - BitOperations.LeadingZeroCount((ulong)(TimeSpan.FromDays(366) / tickLength));
        var sum = nodeBits + sequenceBits + tickBits;
        if (sum > IdBits)
        {
            throw new ArgumentException(
                $"{nodeBits} bits of node + {sequenceBits} of sequence + {tickBits} for a year of ticks of "
                + $"{tickLength.TotalMilliseconds} ms = {sum} bits, and an id has {IdBits}.",
                nameof(sequenceBits));
        }

        Name = name;
        TickLength = tickLength;
        Epoch = epoch.ToUniversalTime();
        NodeBits = nodeBits;
        SequenceBits = sequenceBits;
    }

    /// <summary>Canonical TSID: ticks of 1 ms since 2020, 1024 nodes, 4096 ids a tick; until 2089.</summary>
    public static TsidLayout Canonical { get; } =
        new("tsid-canonical", TimeSpan.FromMilliseconds(1), CanonicalEpoch, nodeBits: 10, sequenceBits: 12);

    /// <summary>Twitter's Snowflake: ticks of 1 ms, 1024 nodes, 4096 ids a tick; until 2080.</summary>
    public static TsidLayout Snowflake { get; } =
        new("snowflake", TimeSpan.FromMilliseconds(1), SnowflakeEpoch, nodeBits: 10, sequenceBits: 12);

    /// <summary>What the layout is called where it is stored and shown.</summary>
    public string Name { get; }

    /// <summary>How long a tick lasts; whole milliseconds.</summary>
    public TimeSpan TickLength { get; }

    /// <summary>The instant at which tick 0 begins, in UTC.</summary>
    public DateTimeOffset Epoch { get; }

    /// <summary>Bits of the node.</summary>
    public int NodeBits { get; }

    /// <summary>Bits of the sequence.</summary>
    public int SequenceBits { get; }

    /// <summary>How many nodes there can be; nodes are numbered from 0.</summary>
    public int NodeCount => 1 << NodeBits;

    /// <summary>How many ids a node can mint in one tick.</summary>
    public int SequenceCount => 1 << SequenceBits;

    /// <summary>The last tick that fits.</summary>
    public long MaxTick => (1L << (IdBits - NodeBits - SequenceBits)) - 1;

    /// <summary>
    /// Terse's own layout: ticks of 10 ms, 32 nodes, 128 ids a tick. One node sustains 12,800 ids a second.
    /// </summary>
    /// <param name="epoch">The installation's epoch; the later it is, the shorter the codes.</param>
    public static TsidLayout Terse(DateTimeOffset epoch) =>
        new("terse", TimeSpan.FromMilliseconds(10), epoch, nodeBits: 5, sequenceBits: 7);

    /// <summary>Puts an id together.</summary>
    /// <param name="tick">0 to <see cref="MaxTick"/>.</param>
    /// <param name="node">0 to <see cref="NodeCount"/> − 1.</param>
    /// <param name="sequence">0 to <see cref="SequenceCount"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A part is out of its range.</exception>
    public Tsid Compose(long tick, int node, int sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tick);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tick, MaxTick);
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, NodeCount);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, SequenceCount);
        var within = ((long)node << SequenceBits) | (long)sequence;
        return Tsid.FromInt64((tick << (NodeBits + SequenceBits)) | within);
    }

    /// <summary>The tick in which <paramref name="id"/> was minted.</summary>
    public long TickOf(Tsid id) => (long)(id.Value >> (NodeBits + SequenceBits));

    /// <summary>The node that minted <paramref name="id"/>.</summary>
    public int NodeOf(Tsid id) => (int)(id.Value >> SequenceBits) & (NodeCount - 1);

    /// <summary>Which of its tick's ids <paramref name="id"/> is, from 0.</summary>
    public int SequenceOf(Tsid id) => (int)id.Value & (SequenceCount - 1);

    /// <summary>The tick that lasts at <paramref name="instant"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The instant is before the epoch, or after the last tick that fits.
    /// </exception>
    public long TickAt(DateTimeOffset instant)
    {
        var tick = (instant.UtcTicks - Epoch.UtcTicks) / TickLength.Ticks;
        if (instant < Epoch || tick > MaxTick)
        {
            throw new ArgumentOutOfRangeException(
                nameof(instant),
                instant,
                $"Layout {Name} covers {Epoch:O} and {MaxTick} ticks of {TickLength}.");
        }

        return tick;
    }

    /// <summary>When <paramref name="tick"/> begins.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The instant lies beyond the year 9999.</exception>
    /// <exception cref="OverflowException">It lies beyond the year 29,000.</exception>
    public DateTimeOffset StartOf(long tick) => Epoch.AddTicks(checked(TickLength.Ticks * tick));

    /// <summary>The first tick that begins at or after an instant; 0 before the epoch.</summary>
    internal long FirstTickFrom(DateTimeOffset instant)
    {
        var tick = EndTickUntil(instant);
        return tick <= MaxTick && StartOf(tick) < instant ? tick + 1 : tick;
    }

    /// <summary>The first tick that does not end at or before an instant; 0 before the epoch.</summary>
    internal long EndTickUntil(DateTimeOffset instant)
    {
        var tick = (instant.UtcTicks - Epoch.UtcTicks) / TickLength.Ticks;
        return instant <= Epoch ? 0 : tick > MaxTick ? MaxTick + 1 : tick;
    }
}
