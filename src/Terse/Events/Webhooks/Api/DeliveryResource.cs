using System.Text.Json.Serialization;

namespace Terse.Events;

/// <summary>An event on its way to a webhook, as the API shows it.</summary>
/// <param name="Event">The id of the event.</param>
/// <param name="Type">The type of the event.</param>
/// <param name="Subject">What the event is about, such as the domain and the code of a link.</param>
/// <param name="At">When the event was written.</param>
/// <param name="State">
/// <c>waiting</c>, <c>delivered</c> or <c>dead</c>: no further request is sent unless somebody replays it.
/// </param>
/// <param name="Attempts">How many requests were sent.</param>
/// <param name="TriedAt">When the last request began; null before the first one.</param>
/// <param name="Status">The status of the last response; null without a response.</param>
/// <param name="LatencyMs">
/// How long the last request took, in milliseconds; null before the first one.
/// </param>
/// <param name="Response">
/// The beginning of the last response's body, or the reason why there was none; null before the first
/// request.
/// </param>
/// <param name="NextTryAt">
/// When the next request is due; null unless the delivery waits, and no earlier one of its subject does.
/// </param>
internal sealed record DeliveryResource(
    string Event,
    string Type,
    string Subject,
    DateTime At,
    string State,
    int Attempts,
    DateTime? TriedAt,
    int? Status,
    long? LatencyMs,
    string? Response,
    DateTime? NextTryAt)
{
    public static DeliveryResource Of(Delivery delivery) => new(
        delivery.Event.ToString(),
        delivery.EventType,
        delivery.Subject,
        delivery.Event.Time.UtcDateTime,
        DeliveryStates.NameOf(delivery.State),
        delivery.Attempts,
        delivery.Last?.At.UtcDateTime,
        delivery.Last?.Status,
        (long?)delivery.Last?.Latency.TotalMilliseconds,
        delivery.Last?.Response,
        delivery.NextTry?.UtcDateTime);
}

/// <summary>A page of deliveries.</summary>
/// <param name="Deliveries">The deliveries of the page, the newest event first.</param>
/// <param name="Next">The cursor of the next page; absent on the last page.</param>
internal sealed record DeliveryListResource(
    IReadOnlyList<DeliveryResource> Deliveries,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Next);

/// <summary>Which deliveries of a webhook to send once more.</summary>
internal sealed class ReplayRequest
{
    /// <summary><c>dead</c> or <c>delivered</c>; null for both.</summary>
    public string? State { get; set; }

    /// <summary>Only events at or after this time: an instant with an offset from UTC.</summary>
    public string? From { get; set; }

    /// <summary>Only events before this time: an instant with an offset from UTC.</summary>
    public string? Until { get; set; }
}

/// <summary>What a replay did.</summary>
/// <param name="Replayed">How many deliveries wait again.</param>
/// <param name="HasMore">
/// Whether there may be more, because one request replays at most 100,000; send the same request again.
/// </param>
internal sealed record ReplayResource(int Replayed, bool HasMore);
