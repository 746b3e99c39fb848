namespace Terse.Ids;

/// <summary>
/// A server's hold of its node, without the talking to the database: what it may mint, and when it must ask
/// for more. Safe for use by any number of threads that mint, and one that renews.
/// </summary>
internal sealed class NodeHolder(TimeProvider time)
{
    private Held? _held;

    /// <summary>The reservation that is minted from; null where there is none.</summary>
    public NodeReservation? Reservation => Volatile.Read(ref _held)?.Reservation;

    /// <summary>The time by which ids are minted, or null where no node is held.</summary>
    public DateTimeOffset? Now => Volatile.Read(ref _held)?.Generator.Now;

    /// <summary>Whether without the database there is no further id.</summary>
    public bool IsSpent => Volatile.Read(ref _held) is not { Generator.IsSpent: false };

    /// <summary>Mints an id, if the reservation holds one at present.</summary>
    public MintResult TryMint(out MintedId minted)
    {
        minted = default;
        if (Volatile.Read(ref _held) is not { } held)
            return MintResult.NeedsNode;
        if (held.Generator.TryNext(out var id))
        {
            minted = new(id, held.Reservation.Layout);
            return time.GetElapsedTime(held.Since) < held.RenewAfter
                ? MintResult.Minted
                : MintResult.MintedAndNeedsMore;
        }

        return held.Generator.IsSpent ? MintResult.NeedsMore : MintResult.MustWait;
    }

    /// <summary>Goes on with a node that was taken.</summary>
    public void Take(NodeReservation taken) => Hold(taken, new TsidGenerator(
        taken.Layout.Ids, taken.Node, taken.From, taken.Until, taken.Now, time));

    /// <summary>Goes on with the node that is held, for longer.</summary>
    public void Extend(NodeReservation extended)
    {
        var held = Volatile.Read(ref _held) ?? throw new InvalidOperationException("No node is held.");
        held.Generator.Extend(extended.Until, extended.Now);
        Hold(extended, held.Generator);
    }

    /// <summary>
    /// Stops minting with the node, for all threads, and returns the end of what was minted from; null where
    /// no node was held.
    /// </summary>
    public DateTimeOffset? Lose() => Interlocked.Exchange(ref _held, null)?.Generator.Stop();

    private void Hold(NodeReservation reservation, TsidGenerator generator)
    {
        var renewAfter = (reservation.Until - generator.Now) / 2;
        Volatile.Write(ref _held, new Held(reservation, generator, time.GetTimestamp(), renewAfter));
    }

    /// <param name="Reservation">What may be minted from.</param>
    /// <param name="Generator">Mints.</param>
    /// <param name="Since">The monotonic timestamp at which the reservation came.</param>
    /// <param name="RenewAfter">
    /// Half of what was left then; the rest is for the database to come back in.
    /// </param>
    private sealed record Held(
        NodeReservation Reservation, TsidGenerator Generator, long Since, TimeSpan RenewAfter);
}

/// <summary>An id, and the layout that it was minted by.</summary>
internal readonly record struct MintedId(Tsid Id, IdLayout Layout);

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
