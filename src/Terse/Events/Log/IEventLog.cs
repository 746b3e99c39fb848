using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// Reads the log of events. Triggers of the database write an event in the transaction of the change, so that
/// there is no change without its event, and no event of a change that was rolled back.
/// </summary>
internal interface IEventLog
{
    /// <summary>
    /// Reads events in the order of their positions, up to the horizon: no event appears later at a position
    /// that a reader has passed.
    /// </summary>
    /// <param name="after">
    /// The position after which the events follow; null to read no events, only the present end.
    /// </param>
    /// <param name="limit">The maximum number of events.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="StoreUnavailableException">
    /// The database cannot be read, or has the schema of an earlier version.
    /// </exception>
    Task<EventPage> ReadAsync(EventPosition? after, int limit, CancellationToken cancellationToken);
}

/// <param name="Events">The events, at most as many as the caller asked for.</param>
/// <param name="End">
/// Where the next read continues: the last event if the page is full, else the horizon. On a host that is
/// behind the caller's position, the caller's position.
/// </param>
internal sealed record EventPage(IReadOnlyList<StoredEvent> Events, EventPosition End);
