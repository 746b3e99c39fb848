using System.Numerics;

namespace Terse;

/// <summary>
/// The layout of an id's 63 bits: first the ticks since an epoch, so that ids sort by time, then the node,
/// then a sequence within the tick.
/// </summary>
/// <remarks>Immutable, and therefore safe for use by any number of threads.</remarks>
public sealed record TsidLayout
{
    /// <summary>The number of bits of an id: those of a positive <see cref="long"/>.</summary>
    public const int IdBits = 63;

    /// <summary>Twitter's epoch: 2010-11-04T01:42:54.657Z.</summary>
    private static readonly DateTimeOffset SnowflakeEpoch =
        DateTimeOffset.FromUnixTimeMilliseconds(1288834974657);

    private static readonly DateTimeOffset CanonicalEpoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Creates a layout.</summary>
    /// <param name="name">The name, for storage and display; not empty.</param>
    /// <param name="tickLength">The length of a tick: whole milliseconds, from 1 ms to a day.</param>
    /// <param name="epoch">The instant at which tick 0 begins.</param>
    /// <param name="nodeBits">The number of bits of the node, 0 to 30.</param>
    /// <param name="sequenceBits">The number of bits of the sequence, 0 to 30.</param>
    /// <exception cref="ArgumentException">
    /// A parameter is out of its range, or the bits leave no room for a year of ticks. The message names the
    /// parameter or shows the sum.
    /// </exception>
    public TsidLayout(string name, TimeSpan tickLength, DateTimeOffset epoch, int nodeBits, int sequenceBits)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(tickLength, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tickLength, TimeSpan.FromDays(1));
        if (tickLength.Ticks % TimeSpan.TicksPerMillisecond != 0)
            throw new ArgumentException("A tick must be a whole number of milliseconds.", nameof(tickLength));
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
                + $"{tickLength.TotalMilliseconds} ms = {sum} bits, but an id has only {IdBits}.",
                nameof(sequenceBits));
        }

        Name = name;
        TickLength = tickLength;
        Epoch = epoch.ToUniversalTime();
        NodeBits = nodeBits;
        SequenceBits = sequenceBits;
    }

    /// <summary>
    /// Canonical TSID: ticks of 1 ms since 2020, 1024 nodes, 4096 ids per tick; until 2089.
    /// </summary>
    public static TsidLayout Canonical { get; } =
        new("tsid-canonical", TimeSpan.FromMilliseconds(1), CanonicalEpoch, nodeBits: 10, sequenceBits: 12);

    /// <summary>Twitter's Snowflake: ticks of 1 ms, 1024 nodes, 4096 ids per tick; until 2080.</summary>
    public static TsidLayout Snowflake { get; } =
        new("snowflake", TimeSpan.FromMilliseconds(1), SnowflakeEpoch, nodeBits: 10, sequenceBits: 12);

    /// <summary>The name, for storage and display.</summary>
    public string Name { get; }

    /// <summary>The length of a tick; whole milliseconds.</summary>
    public TimeSpan TickLength { get; }

    /// <summary>The instant at which tick 0 begins, in UTC.</summary>
    public DateTimeOffset Epoch { get; }

    /// <summary>The number of bits of the node.</summary>
    public int NodeBits { get; }

    /// <summary>The number of bits of the sequence.</summary>
    public int SequenceBits { get; }

    /// <summary>The number of nodes; they are numbered from 0.</summary>
    public int NodeCount => 1 << NodeBits;

    /// <summary>The number of ids that a node can mint per tick.</summary>
    public int SequenceCount => 1 << SequenceBits;

    /// <summary>The last tick that fits into an id.</summary>
    public long MaxTick => (1L << (IdBits - NodeBits - SequenceBits)) - 1;

    /// <summary>
    /// The default layout of Terse: ticks of 10 ms, 32 nodes, 128 ids per tick. One node sustains 12,800 ids
    /// per second.
    /// </summary>
    /// <param name="epoch">The instant at which tick 0 begins. A later epoch gives shorter codes.</param>
    public static TsidLayout Terse(DateTimeOffset epoch) =>
        new("terse", TimeSpan.FromMilliseconds(10), epoch, nodeBits: 5, sequenceBits: 7);

    /// <summary>Composes an id from its parts.</summary>
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

    /// <summary>The number of <paramref name="id"/> within its tick and node, from 0.</summary>
    public int SequenceOf(Tsid id) => (int)id.Value & (SequenceCount - 1);

    /// <summary>The tick that contains <paramref name="instant"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The instant is before the epoch, or after <see cref="MaxTick"/>.
    /// </exception>
    public long TickAt(DateTimeOffset instant)
    {
        var tick = (instant.UtcTicks - Epoch.UtcTicks) / TickLength.Ticks;
        if (instant < Epoch || tick > MaxTick)
        {
            throw new ArgumentOutOfRangeException(
                nameof(instant),
                instant,
                $"Layout {Name} begins at {Epoch:O} and has {MaxTick + 1} ticks of {TickLength}.");
        }

        return tick;
    }

    /// <summary>The instant at which <paramref name="tick"/> begins.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The instant lies beyond the year 9999.</exception>
    /// <exception cref="OverflowException">The instant lies beyond the year 29,000.</exception>
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
