namespace Terse.Ids;

/// <summary>
/// The node that a server has reserved: mints ids with it, and reports when the reservation must be extended.
/// It never calls the database. Safe for use by any number of threads that mint and one thread that renews.
/// </summary>
internal sealed class ReservedNode(TimeProvider time)
{
    private State? _state;

    /// <summary>The current reservation; null without a node.</summary>
    public NodeReservation? Reservation => Volatile.Read(ref _state)?.Reservation;

    /// <summary>The time by which ids are minted; null without a node.</summary>
    public DateTimeOffset? Now => Volatile.Read(ref _state)?.Generator.Now;

    /// <summary>Whether no further id can be minted before the database renews the reservation.</summary>
    public bool IsExhausted => Volatile.Read(ref _state) is not { Generator.IsExhausted: false };

    /// <summary>Mints an id, if the reservation allows one now.</summary>
    public MintResult TryMint(out MintedId minted)
    {
        minted = default;
        if (Volatile.Read(ref _state) is not { } state)
            return MintResult.NoReservation;
        if (state.Generator.TryNext(out var id))
        {
            minted = new(id, state.Reservation.Layout);
            return time.GetElapsedTime(state.Since) < state.RenewAfter
                ? MintResult.Minted
                : MintResult.MintedAndRenewalDue;
        }

        return state.Generator.IsExhausted ? MintResult.ReservationExhausted : MintResult.WaitForNextTick;
    }

    /// <summary>Starts to mint with a new reservation.</summary>
    public void Start(NodeReservation granted) => Set(granted, new TsidGenerator(
        granted.Layout.Ids, granted.Node, granted.From, granted.Until, granted.Now, time));

    /// <summary>Continues to mint with the same node until the later end.</summary>
    public void Extend(NodeReservation extended)
    {
        var state = Volatile.Read(ref _state)
            ?? throw new InvalidOperationException("There is no reservation to extend.");
        state.Generator.Extend(extended.Until, extended.Now);
        Set(extended, state.Generator);
    }

    /// <summary>
    /// Stops minting with the node, for all threads. Returns the end of the last tick that was used; null
    /// without a node.
    /// </summary>
    public DateTimeOffset? Stop() => Interlocked.Exchange(ref _state, null)?.Generator.Stop();

    private void Set(NodeReservation reservation, TsidGenerator generator)
    {
        var renewAfter = (reservation.Until - generator.Now) / 2;
        Volatile.Write(ref _state, new State(reservation, generator, time.GetTimestamp(), renewAfter));
    }

    /// <param name="Reservation">The reservation.</param>
    /// <param name="Generator">Mints ids inside the reservation.</param>
    /// <param name="Since">The monotonic timestamp at which the reservation arrived.</param>
    /// <param name="RenewAfter">
    /// Half of the time that the reservation had left then. The other half is reserved for outages of the
    /// database.
    /// </param>
    private sealed record State(
        NodeReservation Reservation, TsidGenerator Generator, long Since, TimeSpan RenewAfter);
}

/// <summary>An id and its layout.</summary>
internal readonly record struct MintedId(Tsid Id, IdLayout Layout);

/// <summary>The outcome of one attempt to mint an id.</summary>
internal enum MintResult
{
    Minted,

    /// <summary>An id was minted, and it is time to extend the reservation.</summary>
    MintedAndRenewalDue,

    /// <summary>All ids up to the limit ahead of time are used; the next tick brings new ones.</summary>
    WaitForNextTick,

    /// <summary>The reservation has no ticks left; the database must extend it first.</summary>
    ReservationExhausted,

    /// <summary>The server has no node.</summary>
    NoReservation,
}
