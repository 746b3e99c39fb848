using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// A server's right to mint with a node: ticks from <paramref name="From"/> until <paramref name="Until"/>.
/// </summary>
/// <param name="Layout">By which to mint.</param>
/// <param name="Node">The node.</param>
/// <param name="Epoch">Grows with every change; an owner that knows an older one has lost it.</param>
/// <param name="From">Nobody minted at or after this instant with the node, and nobody else will.</param>
/// <param name="Until">From this instant on the node may be somebody else's.</param>
/// <param name="Now">The database's clock when it gave the reservation.</param>
internal sealed record NodeReservation(
    IdLayout Layout, int Node, long Epoch, DateTimeOffset From, DateTimeOffset Until, DateTimeOffset Now);

/// <summary>
/// Where nodes are reserved, and the layouts of ids are kept. Reservations of one node never overlap in time,
/// whoever asks for them, whatever any clock does: that is all that the uniqueness of ids rests on.
/// </summary>
internal interface INodeStore
{
    /// <summary>
    /// Sees to it that ids are minted as the settings wish, from the next reservation on. Where that is
    /// another layout than before, the reservations of all servers end, and they go on by the new one.
    /// </summary>
    /// <exception cref="StartupException">The wish cannot be followed; nothing was changed.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<StoredLayouts> OpenAsync(DesiredLayout wish, CancellationToken cancellationToken);

    /// <summary>Reads what <see cref="OpenAsync"/> left, or <see cref="StoredLayouts.Empty"/>.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    Task<StoredLayouts> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Takes a free node for the given time, or returns null where none is free.</summary>
    /// <param name="owner">Tells the server from all others, for those who read the table.</param>
    /// <param name="wish">What the server's settings say; it has to be able to go by the layout.</param>
    /// <param name="length">How long the reservation is to last from now on.</param>
    /// <param name="cancellationToken">Ends the wait; the node may be taken all the same.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be written, and whether a node was taken is unknown; or the server cannot go by the
    /// layout that another one began.
    /// </exception>
    Task<NodeReservation?> TakeAsync(
        string owner, DesiredLayout wish, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Makes a reservation last for the given time from now on; null where it was lost.</summary>
    /// <param name="held">What the owner holds.</param>
    /// <param name="ownNow">
    /// The owner's time, which is ahead of the database's where that was set back: now is the later of both.
    /// </param>
    /// <param name="length">How long the reservation is to last.</param>
    /// <param name="cancellationToken">Ends the wait; the reservation may be extended all the same.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be written; whether it was extended is unknown.
    /// </exception>
    Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Makes the node free again from <paramref name="usedUntil"/> on.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task GiveBackAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken);
}
