using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Where <see cref="PostgresChangeFeed"/> gets changes from. The simulation has its own implementation.
/// </summary>
internal interface IChangeSource
{
    /// <summary>The latest timeline that any host ever showed; it never falls.</summary>
    int Timeline { get; }

    /// <summary>
    /// The moment up to which every host is complete, by its last successful probe. Lost hosts count too.
    /// </summary>
    Moment CompleteOnAllHosts { get; }

    /// <summary>Connects to the primary and listens to its notifications.</summary>
    /// <param name="onNotification">
    /// Is called for each change that is committed after the connection listens, milliseconds after the
    /// commit.
    /// </param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="HostUnavailableException">No primary can be reached.</exception>
    Task<IChangeConnection> ListenAsync(
        Action<ChangeNotice> onNotification, CancellationToken cancellationToken);
}

/// <summary>A connection to a primary that serves the feed alone. For one thread at a time.</summary>
internal interface IChangeConnection : IAsyncDisposable
{
    /// <summary>Waits for a time, and passes on the notifications that arrive meanwhile.</summary>
    Task ReceiveAsync(TimeSpan time, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the changes that were written after an instant, and the horizon, in one snapshot.
    /// </summary>
    /// <param name="since">The instant; null for the horizon itself.</param>
    /// <param name="limit">The maximum number of changes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="HostUnavailableException">A new primary has not made its first beat yet.</exception>
    Task<ChangeBatch> ReadAsync(DateTimeOffset? since, int limit, CancellationToken cancellationToken);
}

/// <summary>What one snapshot of the primary shows.</summary>
/// <param name="CompleteUpTo">The horizon: the snapshot contains every change up to it.</param>
/// <param name="Changes">The requested changes.</param>
internal sealed record ChangeBatch(Moment CompleteUpTo, IReadOnlyList<ChangeNotice> Changes);

/// <summary>A link was changed.</summary>
/// <param name="Name">The link's name.</param>
/// <param name="WrittenAt">When the change was written, by the primary's clock.</param>
internal readonly record struct ChangeNotice(LinkName Name, Moment WrittenAt);
