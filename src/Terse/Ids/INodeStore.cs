using Terse.Hosting;

namespace Terse.Ids;

/// <summary>
/// A server's exclusive right to mint ids with a node, in the ticks between <paramref name="From"/> and
/// <paramref name="Until"/>.
/// </summary>
/// <param name="Layout">The layout of the ids.</param>
/// <param name="Node">The node.</param>
/// <param name="Epoch">
/// Counts the changes of the node's row. A server with an older epoch has lost the node.
/// </param>
/// <param name="From">
/// The first instant of the reservation. No server minted at or after it with the node.
/// </param>
/// <param name="Until">
/// The end of the reservation. From this instant on another server may own the node.
/// </param>
/// <param name="Now">The database's clock when the store granted the reservation.</param>
internal sealed record NodeReservation(
    IdLayout Layout, int Node, long Epoch, DateTimeOffset From, DateTimeOffset Until, DateTimeOffset Now);

/// <summary>
/// Stores the reservations of nodes and the layouts of ids. Two reservations of one node never overlap in
/// time, whatever any clock does. The uniqueness of ids rests on this rule alone.
/// </summary>
internal interface INodeStore
{
    /// <summary>
    /// Makes the stored layout match the settings. When that adds a layout, all reservations end, and every
    /// server makes its next reservation under the new layout.
    /// </summary>
    /// <exception cref="StartupException">
    /// The settings do not fit the stored layouts; nothing changed.
    /// </exception>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task<StoredLayouts> EnsureLayoutAsync(DesiredLayout desired, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the stored layouts; <see cref="StoredLayouts.Empty"/> before the first
    /// <see cref="EnsureLayoutAsync"/>.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read.</exception>
    Task<StoredLayouts> ReadLayoutsAsync(CancellationToken cancellationToken);

    /// <summary>Reserves a free node from now on; returns null when all nodes are reserved.</summary>
    /// <param name="owner">Names the server in the table, for operators.</param>
    /// <param name="desired">The server's settings; they must fit the stored layout.</param>
    /// <param name="length">How long the reservation lasts.</param>
    /// <param name="cancellationToken">Ends the wait; the store may reserve the node all the same.</param>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be written, and the outcome is unknown. Or the settings do not fit the layout that
    /// another server began.
    /// </exception>
    Task<NodeReservation?> ReserveAsync(
        string owner, DesiredLayout desired, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Extends a reservation from now on; returns null when the server has lost the node.</summary>
    /// <param name="held">The reservation of the server.</param>
    /// <param name="ownNow">
    /// The time by which the server mints. It is ahead of the database's clock when that clock was set back;
    /// the later of both counts as now.
    /// </param>
    /// <param name="length">How long the reservation lasts.</param>
    /// <param name="cancellationToken">
    /// Ends the wait; the store may extend the reservation all the same.
    /// </param>
    /// <exception cref="StoreUnavailableException">
    /// The store cannot be written, and the outcome is unknown.
    /// </exception>
    Task<NodeReservation?> ExtendAsync(
        NodeReservation held, DateTimeOffset ownNow, TimeSpan length, CancellationToken cancellationToken);

    /// <summary>Releases the node. Its next owner starts at <paramref name="usedUntil"/> or later.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be written.</exception>
    Task ReleaseAsync(
        NodeReservation held, DateTimeOffset usedUntil, CancellationToken cancellationToken);
}
