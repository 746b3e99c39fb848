using System.Runtime.InteropServices;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Provides changes of links to <see cref="PostgresChangeFeed"/>. The simulation in the tests has its own
/// implementation.
/// </summary>
internal interface IChangeSource
{
    /// <summary>
    /// The generation of the current primary (<see cref="ClusterPrimary.Generation"/>). It grows with each
    /// failover, and when the database moves to another installation.
    /// </summary>
    int Generation { get; }

    /// <summary>
    /// Every host contains all changes that were written up to this moment, according to the last successful
    /// probe of each host. While a host cannot be reached, this moment does not pass the horizon of the last
    /// successful probe of that host.
    /// </summary>
    Moment CompleteOnAllHosts { get; }

    /// <summary>Connects to the primary and listens for notifications of changes.</summary>
    /// <param name="onNotification">
    /// A delegate that is called for each change that is committed after this method returned. The call
    /// usually comes a few milliseconds after the commit.
    /// </param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="HostUnavailableException">No primary can be reached.</exception>
    Task<IChangeConnection> ListenAsync(
        Action<ChangeNotice> onNotification, CancellationToken cancellationToken);
}

/// <summary>
/// A connection to the primary that only the change feed uses. Not safe for use by several threads at once.
/// </summary>
internal interface IChangeConnection : IAsyncDisposable
{
    /// <summary>
    /// Waits for the given time. For each notification that arrives meanwhile, calls the delegate that was
    /// passed to <see cref="IChangeSource.ListenAsync"/>.
    /// </summary>
    Task ReceiveAsync(TimeSpan time, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the horizon and the changes after a position, both in one snapshot. Returns the changes in the
    /// order of their positions.
    /// </summary>
    /// <param name="after">The position; null means the end of the horizon in the snapshot.</param>
    /// <param name="limit">The maximum number of changes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="HostUnavailableException">
    /// After a failover, the new primary has not moved the horizon yet.
    /// </exception>
    Task<ChangeBatch> ReadAsync(ChangePosition? after, int limit, CancellationToken cancellationToken);
}

/// <summary>
/// A position in the order of all changes: first by the time of the change, then by the number of the row. A
/// change can become visible after a change with a later position. Only positions up to the horizon are
/// final: no further change appears there.
/// </summary>
/// <param name="WrittenAt">The time of the change by the primary's clock.</param>
/// <param name="Sequence">The number of the row; distinguishes changes of the same time.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ChangePosition(DateTimeOffset WrittenAt, long Sequence)
{
    /// <summary>The position after all changes that were written at or before this instant.</summary>
    public static ChangePosition EndOf(DateTimeOffset instant) => new(instant, long.MaxValue);
}

/// <summary>
/// The result of one call of <see cref="IChangeConnection.ReadAsync"/>, from one database snapshot.
/// </summary>
/// <param name="CompleteUpTo">
/// The horizon in the snapshot. The snapshot contains every change that was written up to this moment.
/// </param>
/// <param name="Changes">The changes after the requested position, in the order of their positions.</param>
/// <param name="Last">The position of the last change; null if there are no changes.</param>
internal sealed record ChangeBatch(
    Moment CompleteUpTo, IReadOnlyList<ChangeNotice> Changes, ChangePosition? Last);

/// <summary>Reports that a link was changed.</summary>
/// <param name="Name">The link's name.</param>
/// <param name="Version">The version of the link that the change stored.</param>
/// <param name="WrittenAt">The time of the change by the primary's clock.</param>
internal readonly record struct ChangeNotice(LinkName Name, int Version, Moment WrittenAt);
