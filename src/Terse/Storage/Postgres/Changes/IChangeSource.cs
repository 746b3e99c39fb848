using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>Where <see cref="PostgresChangeFeed"/> hears of changes; a simulation has one as well.</summary>
internal interface IChangeSource
{
    /// <summary>The latest timeline that any host ever showed; it never falls.</summary>
    int Timeline { get; }

    /// <summary>Up to when every host is complete, those that are lost too, by what was seen last.</summary>
    Moment Passed { get; }

    /// <summary>Connects to the primary, and listens from then on.</summary>
    /// <param name="onChanged">Is told of each change that is committed from then on, soon after.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HostUnavailableException">No primary can be reached.</exception>
    Task<IChangeConnection> ListenAsync(Action<ChangeNotice> onChanged, CancellationToken cancellationToken);
}

/// <summary>A connection of its own to a primary. For one thread at a time.</summary>
internal interface IChangeConnection : IAsyncDisposable
{
    /// <summary>Passes on what it is told for a while.</summary>
    Task HearAsync(TimeSpan time, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the changes that were written after an instant, and the horizon, in one snapshot.
    /// </summary>
    /// <param name="since">The instant; null for that horizon itself.</param>
    /// <param name="limit">How many changes at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HostUnavailableException">It has become primary, and not beaten yet.</exception>
    Task<ChangeBatch> ReadAsync(DateTimeOffset? since, int limit, CancellationToken cancellationToken);
}

/// <summary>What one snapshot of the primary shows.</summary>
/// <param name="Complete">Its horizon: whatever was written up to it shows.</param>
/// <param name="Changes">The changes that were asked for.</param>
internal sealed record ChangeBatch(Moment Complete, IReadOnlyList<ChangeNotice> Changes);

/// <summary>A link was changed.</summary>
/// <param name="Name">The link's name.</param>
/// <param name="Written">When, by the primary's clock.</param>
internal readonly record struct ChangeNotice(LinkName Name, Moment Written);
