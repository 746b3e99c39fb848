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
    int Timeline { get; }

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
    /// Reads the horizon and the changes that were written after an instant, both in one snapshot.
    /// </summary>
    /// <param name="since">The instant; null means the horizon in the snapshot.</param>
    /// <param name="limit">The maximum number of changes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="HostUnavailableException">
    /// After a failover, the new primary has not moved the horizon yet.
    /// </exception>
    Task<ChangeBatch> ReadAsync(DateTimeOffset? since, int limit, CancellationToken cancellationToken);
}

/// <summary>
/// The result of one call of <see cref="IChangeConnection.ReadAsync"/>, from one database snapshot.
/// </summary>
/// <param name="CompleteUpTo">
/// The horizon in the snapshot. The snapshot contains every change that was written up to this moment.
/// </param>
/// <param name="Changes">The changes that were written after the requested instant.</param>
internal sealed record ChangeBatch(Moment CompleteUpTo, IReadOnlyList<ChangeNotice> Changes);

/// <summary>Reports that a link was changed.</summary>
/// <param name="Name">The link's name.</param>
/// <param name="WrittenAt">The time of the change by the primary's clock.</param>
internal readonly record struct ChangeNotice(LinkName Name, Moment WrittenAt);
