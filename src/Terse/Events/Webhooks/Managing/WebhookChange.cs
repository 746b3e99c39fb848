namespace Terse.Events;

/// <summary>
/// The JSON body of a request to change a webhook (RFC 7396, JSON merge patch): a field that the body does
/// not contain stays unchanged, and null restores the default.
/// </summary>
internal sealed class WebhookChange : WebhookFields
{
    /// <summary><c>paused</c> to let events wait, or <c>active</c> to send them again.</summary>
    public string? State { get; set => field = Sent(value); }
}
