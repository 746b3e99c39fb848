namespace Terse.Events;

/// <summary>What a request to a webhook has shown.</summary>
/// <param name="Attempt">The request, as it is stored.</param>
/// <param name="Result">What follows from it.</param>
/// <param name="RetryAfter">
/// How long the receiver wants to have no further request; null if it does not say.
/// </param>
internal sealed record WebhookResponse(DeliveryAttempt Attempt, AttemptResult Result, TimeSpan? RetryAfter);

internal enum AttemptResult
{
    /// <summary>The receiver has the event: it answered with a status from 200 to 299.</summary>
    Delivered,

    /// <summary>Another status, or no response.</summary>
    Failed,

    /// <summary>The receiver wants no events any more: it answered 410.</summary>
    Gone,
}
