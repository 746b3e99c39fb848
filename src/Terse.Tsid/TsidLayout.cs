using System.Numerics;

namespace Terse;

/// <summary>
/// Defines how the 63 bits of an id are divided. The highest bits count the ticks since an epoch, so that ids
/// sort by time. The next bits contain the node, and the lowest bits contain the sequence within the tick.
/// </summary>
/// <remarks>
/// A tick is the unit of time of a layout, for example 10 ms; it is not the .NET tick of 100 ns. Immutable,
/// and therefore safe for use by any number of threads.
/// </remarks>
public sealed record TsidLayout
{
    /// <summary>How many bits an id has: 63, because an id is a positive <see cref="long"/>.</summary>
    public const int IdBits = 63;

    /// <summary>The epoch of Twitter's Snowflake: 2010-11-04T01:42:54.657Z.</summary>
    private static readonly DateTimeOffset SnowflakeEpoch =
        DateTimeOffset.FromUnixTimeMilliseconds(1288834974657);

    private static readonly DateTimeOffset CanonicalEpoch = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Creates a layout.</summary>
    /// <param name="name">The name of the layout, for storage and display; not empty.</param>
    /// <param name="tickLength">
    /// How long a tick is: a whole number of milliseconds, from 1 ms to 1 day.
    /// </param>
    /// <param name="epoch">The instant at which tick 0 begins.</param>
    /// <param name="nodeBits">How many bits of an id contain the node, 0 to 30.</param>
    /// <param name="sequenceBits">How many bits of an id contain the sequence, 0 to 30.</param>
    /// <exception cref="ArgumentException">
    /// A parameter is out of its range, or node and sequence leave too few bits for a year of ticks. The
    /// message names the parameter or shows the sum of the bits.
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
    /// The layout of canonical TSID: ticks of 1 ms since 2020-01-01, 1,024 nodes, and 4,096 ids per tick and
    /// node. The ticks last until 2089.
    /// </summary>
    public static TsidLayout Canonical { get; } =
        new("tsid-canonical", TimeSpan.FromMilliseconds(1), CanonicalEpoch, nodeBits: 10, sequenceBits: 12);

    /// <summary>
    /// The layout of Twitter's Snowflake: ticks of 1 ms since 2010-11-04, 1,024 nodes, and 4,096 ids per tick
    /// and node. The ticks last until 2080.
    /// </summary>
    public static TsidLayout Snowflake { get; } =
        new("snowflake", TimeSpan.FromMilliseconds(1), SnowflakeEpoch, nodeBits: 10, sequenceBits: 12);

    /// <summary>The name of the layout, for storage and display.</summary>
    public string Name { get; }

    /// <summary>How long a tick is: a whole number of milliseconds.</summary>
    public TimeSpan TickLength { get; }

    /// <summary>The instant at which tick 0 begins, in UTC.</summary>
    public DateTimeOffset Epoch { get; }

    /// <summary>How many bits of an id contain the node, 0 to 30.</summary>
    public int NodeBits { get; }

    /// <summary>How many bits of an id contain the sequence, 0 to 30.</summary>
    public int SequenceBits { get; }

    /// <summary>How many different nodes the layout has. Nodes are numbered from 0.</summary>
    public int NodeCount => 1 << NodeBits;

    /// <summary>How many ids one node can mint per tick.</summary>
    public int SequenceCount => 1 << SequenceBits;

    /// <summary>The number of the last tick that fits into an id.</summary>
    public long MaxTick => (1L << (IdBits - NodeBits - SequenceBits)) - 1;

    /// <summary>
    /// The default layout of Terse: ticks of 10 ms, 32 nodes, and 128 ids per tick and node. So one node can
    /// mint 12,800 ids per second.
    /// </summary>
    /// <param name="epoch">The instant at which tick 0 begins. A later epoch gives shorter texts.</param>
    public static TsidLayout Terse(DateTimeOffset epoch) =>
        new("terse", TimeSpan.FromMilliseconds(10), epoch, nodeBits: 5, sequenceBits: 7);

    /// <summary>Composes an id from its tick, node and sequence.</summary>
    /// <param name="tick">The number of the tick, 0 to <see cref="MaxTick"/>.</param>
    /// <param name="node">The node, 0 to <see cref="NodeCount"/> − 1.</param>
    /// <param name="sequence">
    /// The sequence number of the id within its tick and node, 0 to <see cref="SequenceCount"/> − 1.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
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

    /// <summary>Returns the tick that <paramref name="id"/> contains.</summary>
    public long TickOf(Tsid id) => (long)(id.Value >> (NodeBits + SequenceBits));

    /// <summary>Returns the node that minted <paramref name="id"/>.</summary>
    public int NodeOf(Tsid id) => (int)(id.Value >> SequenceBits) & (NodeCount - 1);

    /// <summary>
    /// Returns the sequence number of <paramref name="id"/> within its tick and node, counted from 0.
    /// </summary>
    public int SequenceOf(Tsid id) => (int)id.Value & (SequenceCount - 1);

    /// <summary>Returns the tick during which <paramref name="instant"/> occurs.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The instant lies before the epoch, or after the end of tick <see cref="MaxTick"/>.
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

    /// <summary>Returns the instant at which <paramref name="tick"/> begins, in UTC.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tick begins after the year 9999.</exception>
    /// <exception cref="OverflowException">
    /// The tick begins more than 29,000 years after the epoch.
    /// </exception>
    public DateTimeOffset StartOf(long tick) => Epoch.AddTicks(checked(TickLength.Ticks * tick));

    /// <summary>
    /// Returns the first tick that begins at or after <paramref name="instant"/>: 0 when the instant lies
    /// before the epoch, and <see cref="MaxTick"/> + 1 when no such tick exists.
    /// </summary>
    internal long FirstTickFrom(DateTimeOffset instant)
    {
        var tick = EndTickUntil(instant);
        return tick <= MaxTick && StartOf(tick) < instant ? tick + 1 : tick;
    }

    /// <summary>
    /// Returns the first tick that ends after <paramref name="instant"/>: 0 when the instant lies before the
    /// epoch, and <see cref="MaxTick"/> + 1 when no such tick exists.
    /// </summary>
    internal long EndTickUntil(DateTimeOffset instant)
    {
        var tick = (instant.UtcTicks - Epoch.UtcTicks) / TickLength.Ticks;
        return instant <= Epoch ? 0 : tick > MaxTick ? MaxTick + 1 : tick;
    }
}
