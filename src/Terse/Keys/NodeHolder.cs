namespace Terse.Keys;

/// <summary>
/// A server's hold of its node, without the talking to the database: what it may mint, and when it must ask
/// for more. Safe for use by any number of threads that mint, and one that renews.
/// </summary>
internal sealed class NodeHolder(TsidLayout layout, TimeProvider time)
{
    private Held? _held;

    /// <summary>The reservation that is minted from; null where there is none.</summary>
    public NodeReservation? Reservation => Volatile.Read(ref _held)?.Reservation;

    /// <summary>The time by which ids are minted, or null where no node is held.</summary>
    public DateTimeOffset? Now => Volatile.Read(ref _held)?.Generator.Now;

    /// <summary>The end of the last tick that was minted from.</summary>
    public DateTimeOffset? UsedUntil => Volatile.Read(ref _held)?.Generator.UsedUntil;

    /// <summary>Mints an id, if the reservation holds one at present.</summary>
    public MintResult TryMint(out Tsid id)
    {
        id = default;
        if (Volatile.Read(ref _held) is not { } held)
            return MintResult.NeedsNode;
        if (held.Generator.TryNext(out id))
        {
            return time.GetElapsedTime(held.Since) < held.RenewAfter
                ? MintResult.Minted
                : MintResult.MintedAndNeedsMore;
        }

        return held.Generator.IsSpent ? MintResult.NeedsMore : MintResult.MustWait;
    }

    /// <summary>Goes on with a node that was taken.</summary>
    public void Take(NodeReservation taken)
    {
        var generator = new TsidGenerator(
            layout, taken.Node, taken.From, taken.Until, taken.Now, time);
        Volatile.Write(ref _held, new Held(taken, generator, time.GetTimestamp()));
    }

    /// <summary>Goes on with the node that is held, for longer.</summary>
    public void Extend(NodeReservation extended)
    {
        var held = Volatile.Read(ref _held) ?? throw new InvalidOperationException("No node is held.");
        held.Generator.Extend(extended.Until, extended.Now);
        Volatile.Write(ref _held, new Held(extended, held.Generator, time.GetTimestamp()));
    }

    /// <summary>Stops minting with the node.</summary>
    public void Lose() => Volatile.Write(ref _held, null);

    private sealed record Held(NodeReservation Reservation, TsidGenerator Generator, long Since)
    {
        /// <summary>Half of what was reserved; the other half is for the database to come back in.</summary>
        public TimeSpan RenewAfter { get; } = (Reservation.Until - Reservation.Now) / 2;
    }
}

internal enum MintResult
{
    Minted,

    /// <summary>There is an id, and it is time to extend the reservation.</summary>
    MintedAndNeedsMore,

    /// <summary>The next ticks are used up as well; in a tick there is an id.</summary>
    MustWait,

    /// <summary>The reservation is spent; without an extension there is no id.</summary>
    NeedsMore,

    /// <summary>There is no reservation.</summary>
    NeedsNode,
}
