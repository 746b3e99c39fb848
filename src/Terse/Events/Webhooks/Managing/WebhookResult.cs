namespace Terse.Events;

/// <summary>The result of an operation on a webhook: exactly one of the nested types.</summary>
internal abstract record WebhookResult
{
    private WebhookResult()
    {
    }

    /// <summary>The webhook is stored.</summary>
    internal sealed record Stored(Webhook Webhook) : WebhookResult;

    /// <summary>The webhook has a new secret, the first of its list, which is shown once.</summary>
    internal sealed record Issued(Webhook Webhook) : WebhookResult;

    internal sealed record Deleted : WebhookResult;

    /// <summary>A test event is on its way.</summary>
    internal sealed record Tested(EventPosition Event) : WebhookResult;

    /// <param name="Count">How many deliveries wait again.</param>
    /// <param name="HasMore">Whether there may be more, because one request replays a limited number.</param>
    internal sealed record Replayed(int Count, bool HasMore) : WebhookResult;

    internal sealed record NotFound : WebhookResult;

    /// <summary>The webhook has no delivery of the event.</summary>
    internal sealed record DeliveryNotFound : WebhookResult;

    /// <summary>The webhook has none of the versions that the request allows.</summary>
    internal sealed record OtherVersion : WebhookResult;

    /// <summary>The state of the webhook does not allow the operation.</summary>
    internal sealed record Inactive(WebhookState State) : WebhookResult;

    internal sealed record Refused(string Field, string Detail) : WebhookResult;
}
