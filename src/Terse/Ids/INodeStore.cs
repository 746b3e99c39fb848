using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// A server's exclusive right to mint ids with a node, for the ticks between <paramref name="From"/> and
/// <paramref name="Until"/>.
/// </summary>
/// <param name="Layout">The layout of the ids that the server mints.</param>
/// <param name="Node">
/// The number of the node. Every id contains the number of the node that minted it.
/// </param>
/// <param name="Epoch">
/// Counts the changes of the node's row in the store. A server whose epoch is less than the stored epoch has
/// lost the node.
/// </param>
/// <param name="From">
/// The start of the reservation. All earlier reservations of the node end at or before this instant.
/// </param>
/// <param name="Until">
/// The end of the reservation. From this instant on, a different server may reserve the node.
/// </param>
/// <param name="Now">The time of the database's clock when the store granted the reservation.</param>
internal sealed record NodeReservation(
    IdLayout Layout, int Node, long Epoch, DateTimeOffset From, DateTimeOffset Until, DateTimeOffset Now);

/// <summary>
/// Stores the reservations of nodes and the layouts of ids. Two reservations of one node never overlap in
/// time, even if a clock is wrong or was set back. The uniqueness of ids depends only on this rule.
/// </summary>
internal interface INodeStore
{
    /// <summary>
    /// Adds a layout if the settings differ from the stored layout. A new layout ends all reservations, and
    /// every server makes its next reservation under the new layout.
    /// </summary>
    /// <param name="owner">The name of the server.</param>
    /// <param name="desired">The layout that the server's settings request.</param>
    /// <param name="cancellationToken">Cancels the wait; the store may still add the layout.</param>
    /// <exception cref="StartupException">
    /// The settings do not fit the stored layouts, or would leave fewer nodes than servers are running; the
    /// store is unchanged.
    /// </exception>
    /// <exception cref="StoreUnavailableException">Writing to the store failed.</exception>
    Task<StoredLayouts> EnsureLayoutAsync(
        string owner, DesiredLayout desired, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the stored layouts. Returns <see cref="StoredLayouts.Empty"/> before the first call of
    /// <see cref="EnsureLayoutAsync"/>.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken);

    /// <summary>Reserves a free node for a server. Returns null when all nodes are reserved.</summary>
    /// <param name="owner">The name of the server. Operators can read it in the table of nodes.</param>
    /// <param name="desired">
    /// The layout that the server's settings request. It must be compatible with the current stored layout.
    /// </param>
    /// <param name="length">How long the reservation lasts.</param>
    /// <param name="cancellationToken">Cancels the wait; the store may still reserve the node.</param>
    /// <exception cref="StoreUnavailableException">
    /// Either writing to the store failed, and it is unknown whether the node was reserved, or the settings
    /// do not fit the layout that a different server has added.
    /// </exception>
    Task<NodeReservation?> ReserveAsync(
        string owner, DesiredLayout desired, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Extends a reservation by changing its end to the current time plus <paramref name="length"/>. The
    /// current time is <paramref name="ownNow"/> or the time of the database's clock, whichever is later.
    /// Returns null when the server has lost the node.
    /// </summary>
    /// <param name="held">The current reservation of the server.</param>
    /// <param name="ownNow">
    /// The current time of the server's id generator. This time is later than the database's clock after
    /// that clock was set back.
    /// </param>
    /// <param name="length">The time from the current time to the new end of the reservation.</param>
    /// <param name="cancellationToken">Cancels the wait; the store may still extend the reservation.</param>
    /// <exception cref="StoreUnavailableException">
    /// Writing to the store failed, and it is unknown whether the reservation was extended.
    /// </exception>
    Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>
    /// Releases the node of a reservation. The next reservation of the node starts at
    /// <paramref name="usedUntil"/> or later.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Writing to the store failed.</exception>
    Task ReleaseAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken);
}
