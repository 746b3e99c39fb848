namespace Terse.Events;

/// <summary>An event on its way to a webhook.</summary>
/// <param name="Event">The event.</param>
/// <param name="EventType">The type of the event.</param>
/// <param name="Subject">The subject of the event.</param>
/// <param name="WebhookId">The webhook.</param>
/// <param name="State">Waiting, delivered or dead.</param>
/// <param name="Attempts">How many requests were sent; a replay begins with 0 again.</param>
/// <param name="Last">The last request; null before the first one.</param>
/// <param name="NextTry">
/// When the next request is due: only for a waiting delivery that is the first of its line.
/// </param>
internal sealed record Delivery(
    EventPosition Event,
    string EventType,
    string Subject,
    string WebhookId,
    DeliveryState State,
    int Attempts,
    DeliveryAttempt? Last,
    DateTimeOffset? NextTry);

/// <summary>The stored number of each state must not change.</summary>
internal enum DeliveryState
{
    Waiting = 0,
    Delivered = 1,

    /// <summary>A dead letter: no further request is sent unless somebody replays it.</summary>
    Dead = 2,
}

/// <summary>One request of a webhook.</summary>
/// <param name="At">When the request began.</param>
/// <param name="Status">The status of the response; null if there was none.</param>
/// <param name="Latency">The time until the response was complete, or until the request failed.</param>
/// <param name="Response">
/// The first characters of the response's body, at most <see cref="MaxResponse"/>, or the reason why there
/// was none.
/// </param>
internal sealed record DeliveryAttempt(DateTimeOffset At, int? Status, TimeSpan Latency, string Response)
{
    public const int MaxResponse = 1_024;
}
