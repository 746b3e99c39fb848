using Terse.Hosting;

namespace Terse.Events;

/// <summary>
/// The deliveries that wait. All events of one link for one webhook form a line (so do all events of one key,
/// domain and so on). Only one server at a time holds a line, and sends its deliveries in order. So a failed
/// delivery delays only the later ones of its line.
/// </summary>
/// <remarks>
/// A server holds a line for a limited time (the lease). When it ends without <see cref="FinishAsync"/>,
/// because the server died, the line is due again. Times are measured by the clock of the database.
/// </remarks>
internal interface IDeliveryQueue
{
    /// <summary>
    /// Creates the deliveries of new events, for the webhooks that are not ended, in short transactions. One
    /// server at a time does this, in the order of the events' numbers; the call returns early if another
    /// server does.
    /// </summary>
    /// <param name="limit">The maximum number of events.</param>
    /// <param name="matches">Whether an event is sent to a webhook.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The number of events; there may be more if it is the limit.</returns>
    /// <exception cref="StoreUnavailableException">
    /// The database cannot be reached, or has the schema of an earlier version.
    /// </exception>
    Task<int> DispatchAsync(
        int limit, Func<Webhook, StoredEvent, bool> matches, CancellationToken cancellationToken);

    /// <summary>Takes lines that are due, of webhooks that are active and not slowed down.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The database cannot be reached, or has the schema of an earlier version.
    /// </exception>
    Task<IReadOnlyList<TakenLine>> TakeAsync(TakeRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the outcomes, and releases the lines. A line whose lease has ended, and
    /// which another server may hold now, is left alone, with all its deliveries.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// It is unknown whether the outcomes were stored. If not, the deliveries are sent once more after the
    /// lease.
    /// </exception>
    Task FinishAsync(IReadOnlyList<FinishedLine> lines, CancellationToken cancellationToken);

    /// <summary>
    /// Creates an event <see cref="EventTypes.WebhookTested"/> and its delivery to one webhook.
    /// </summary>
    /// <returns>The id of the event; null if there is no such webhook, or if it has ended.</returns>
    /// <exception cref="StoreUnavailableException">It is unknown whether the event was stored.</exception>
    Task<EventPosition?> AddTestAsync(string webhookId, CancellationToken cancellationToken);
}

/// <param name="InFlight">
/// How many lines of a webhook the server holds; webhooks without any are missing.
/// </param>
/// <param name="MaxOfWebhook">How many lines of one webhook the server may hold.</param>
/// <param name="MaxLines">The maximum number of lines to take now.</param>
/// <param name="MaxOfLine">The maximum number of deliveries to read of each line.</param>
/// <param name="Lease">How long the server may hold the lines.</param>
/// <param name="Now">
/// The present time of the server's clock, for the times of <see cref="Webhook.Health"/>.
/// </param>
internal sealed record TakeRequest(
    IReadOnlyDictionary<string, int> InFlight,
    int MaxOfWebhook,
    int MaxLines,
    int MaxOfLine,
    TimeSpan Lease,
    DateTimeOffset Now);

/// <param name="Webhook">Where to send the deliveries.</param>
/// <param name="Line">
/// <c>link:</c> and the id of the link, or the kind of the subject and the subject, such as
/// <c>key:k7F3q9X2</c>.
/// </param>
/// <param name="Lease">Random; proves that the server still holds the line.</param>
/// <param name="Waiting">The first deliveries of the line, in order; at least one.</param>
internal sealed record TakenLine(
    Webhook Webhook, string Line, Guid Lease, IReadOnlyList<WaitingDelivery> Waiting);

/// <param name="Event">The event.</param>
/// <param name="Attempts">How many requests were sent before.</param>
internal sealed record WaitingDelivery(StoredEvent Event, int Attempts);

/// <param name="WebhookId">The webhook.</param>
/// <param name="Line">The line.</param>
/// <param name="Lease">The lease of <see cref="TakenLine"/>.</param>
/// <param name="Outcomes">The deliveries for which requests were sent, in order.</param>
/// <param name="RetryAfter">
/// After which time the line is due again; zero if all outcomes are final. A line without waiting deliveries
/// is removed.
/// </param>
internal sealed record FinishedLine(
    string WebhookId, string Line, Guid Lease, IReadOnlyList<DeliveryOutcome> Outcomes, TimeSpan RetryAfter);

/// <param name="Event">The event.</param>
/// <param name="State">
/// <see cref="DeliveryState.Waiting"/> after a failed attempt that will be repeated.
/// </param>
/// <param name="Attempt">The request.</param>
internal sealed record DeliveryOutcome(EventPosition Event, DeliveryState State, DeliveryAttempt Attempt);
