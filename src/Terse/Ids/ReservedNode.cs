namespace Terse.Ids;

/// <summary>
/// The node that this server has reserved. The class mints ids with the node, and reports when the
/// reservation must be extended. It never calls the database. Safe for use by any number of threads that mint
/// ids and one thread that renews the reservation.
/// </summary>
internal sealed class ReservedNode(TimeProvider time)
{
    /// <summary>
    /// After this time without a request for an id, the reservation may end on purpose.
    /// </summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private State? _state;
    private long _askedAt = long.MinValue;

    /// <summary>The current reservation; null while the server has no node.</summary>
    public NodeReservation? Reservation => Volatile.Read(ref _state)?.Reservation;

    /// <summary>The current time of the id generator; null while the server has no node.</summary>
    public DateTimeOffset? Now => Volatile.Read(ref _state)?.Generator.Now;

    /// <summary>
    /// How long the server can mint ids without extending its reservation; null without a reservation, and if
    /// no id was requested for <see cref="IdleTime"/>.
    /// </summary>
    public TimeSpan? Remaining => Volatile.Read(ref _state) is { } state
        && Volatile.Read(ref _askedAt) is > long.MinValue and var askedAt
        && time.GetElapsedTime(askedAt) < IdleTime
            ? TimeSpan.FromTicks(Math.Max(0, (state.Reservation.Until - state.Generator.Now).Ticks))
            : null;

    /// <summary>
    /// Whether the server must reserve a node or extend its reservation before it can mint a further id.
    /// </summary>
    public bool IsExhausted => Volatile.Read(ref _state) is not { Generator.IsExhausted: false };

    /// <summary>
    /// Tries to mint an id. The result says whether an id was minted, and if not, why.
    /// </summary>
    public MintResult TryMint(out MintedId minted)
    {
        minted = default;
        var now = time.GetTimestamp();
        Volatile.Write(ref _askedAt, now);
        if (Volatile.Read(ref _state) is not { } state)
            return MintResult.NoReservation;
        if (state.Generator.TryNext(out var id))
        {
            minted = new(id, state.Reservation.Layout);
            return time.GetElapsedTime(state.Since, now) < state.RenewAfter
                ? MintResult.Minted
                : MintResult.MintedAndRenewalDue;
        }

        return state.Generator.IsExhausted ? MintResult.ReservationExhausted : MintResult.WaitForNextTick;
    }

    /// <summary>Starts to mint ids with a new reservation.</summary>
    public void Start(NodeReservation granted) => Set(granted, new TsidGenerator(
        granted.Layout.Ids, granted.Node, granted.From, granted.Until, granted.Now, time));

    /// <summary>
    /// Continues to mint ids with the same node, until the later end of the extended reservation.
    /// </summary>
    public void Extend(NodeReservation extended)
    {
        var state = Volatile.Read(ref _state)
            ?? throw new InvalidOperationException("There is no reservation to extend.");
        state.Generator.Extend(extended.Until, extended.Now);
        Set(extended, state.Generator);
    }

    /// <summary>
    /// Stops all threads from minting ids with the node. Returns the end of the last tick in which an id was
    /// minted; returns null if the server has no node.
    /// </summary>
    public DateTimeOffset? Stop() => Interlocked.Exchange(ref _state, null)?.Generator.Stop();

    private void Set(NodeReservation reservation, TsidGenerator generator)
    {
        var renewAfter = (reservation.Until - generator.Now) / 2;
        Volatile.Write(ref _state, new State(reservation, generator, time.GetTimestamp(), renewAfter));
    }

    /// <param name="Reservation">The current reservation of the node.</param>
    /// <param name="Generator">Mints ids inside the reservation.</param>
    /// <param name="Since">The monotonic timestamp at which the server received the reservation.</param>
    /// <param name="RenewAfter">
    /// How long after <paramref name="Since"/> the server should extend the reservation: half of the time
    /// that the reservation still had at <paramref name="Since"/>. The other half is left for retries while
    /// the database is down.
    /// </param>
    private sealed record State(
        NodeReservation Reservation, TsidGenerator Generator, long Since, TimeSpan RenewAfter);
}

/// <summary>An id, and the layout with which it was minted.</summary>
internal readonly record struct MintedId(Tsid Id, IdLayout Layout);

/// <summary>The outcome of one attempt to mint an id.</summary>
internal enum MintResult
{
    Minted,

    /// <summary>An id was minted, and the reservation should be extended now.</summary>
    MintedAndRenewalDue,

    /// <summary>
    /// The server has used all ids that it may mint now. It can mint more ids when the next tick begins.
    /// </summary>
    WaitForNextTick,

    /// <summary>The reservation has no ticks left; the database must extend the reservation first.</summary>
    ReservationExhausted,

    /// <summary>The server has no node.</summary>
    NoReservation,
}
