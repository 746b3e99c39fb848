using Terse.Hosting;

namespace Terse.Events;

/// <summary>Shows deliveries, and sends them again.</summary>
internal interface IDeliveryLog
{
    /// <summary>Lists the deliveries of a webhook, the newest event first.</summary>
    /// <param name="query">Which deliveries.</param>
    /// <param name="before">The last event of the previous page; null for the first page.</param>
    /// <param name="limit">The maximum number of deliveries.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    Task<IReadOnlyList<Delivery>> ListAsync(
        DeliveryQuery query, EventPosition? before, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Makes deliveries that are delivered or dead wait again, as if no request had been sent, at most
    /// <paramref name="limit"/>, the oldest first.
    /// </summary>
    /// <returns>How many; there may be more if it is the limit.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the deliveries wait.</exception>
    Task<int> ReplayAsync(DeliveryQuery query, int limit, CancellationToken cancellationToken);

    /// <summary>Counts the deliveries that wait, and those that are dead, of all webhooks.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be read.</exception>
    Task<DeliveryCounts> CountAsync(CancellationToken cancellationToken);
}

/// <param name="WebhookId">The webhook.</param>
/// <param name="State">Only deliveries in this state; null for all.</param>
/// <param name="Event">Only the delivery of this event; null for all.</param>
/// <param name="From">Only events at or after this time; null for all.</param>
/// <param name="Until">Only events before this time; null for all.</param>
/// <param name="TriedBefore">
/// Only deliveries whose last request began before this time, and those without a request; null for all. So a
/// replay in several steps replays each delivery once, although it may be delivered again meanwhile.
/// </param>
internal sealed record DeliveryQuery(
    string WebhookId,
    DeliveryState? State = null,
    EventPosition? Event = null,
    DateTimeOffset? From = null,
    DateTimeOffset? Until = null,
    DateTimeOffset? TriedBefore = null);

/// <param name="Undispatched">Events for which no deliveries were created yet.</param>
/// <param name="Waiting">Waiting deliveries, counted up to 1,000,000.</param>
/// <param name="Dead">Dead letters, counted up to 1,000,000.</param>
/// <param name="OldestWaiting">
/// The age of the line that is due for the longest time; null if none is due.
/// </param>
internal sealed record DeliveryCounts(long Undispatched, long Waiting, long Dead, TimeSpan? OldestWaiting);
