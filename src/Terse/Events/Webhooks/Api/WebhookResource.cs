using System.Globalization;
using System.Text.Json.Serialization;
using Terse.Domains;

namespace Terse.Events;

/// <summary>A webhook, as the API shows it.</summary>
/// <param name="Id">The id of the webhook.</param>
/// <param name="Url">The URL to which events are sent.</param>
/// <param name="Types">The types of events, or their first part; empty for all.</param>
/// <param name="Domains">The domains of the links; empty for all.</param>
/// <param name="Tags">The tags of the links; empty for all.</param>
/// <param name="Links">The ids of the links; empty for all.</param>
/// <param name="Description">A remark for people; null without one.</param>
/// <param name="State">
/// <c>active</c>, <c>paused</c> (events wait) or <c>ended</c> (the receiver answered 410, and no event
/// waits).
/// </param>
/// <param name="Reason">Why the webhook is paused or has ended; null if it is active.</param>
/// <param name="Failures">The number of failed requests since the last success.</param>
/// <param name="FailingSince">When the first of them was; null if the last request succeeded.</param>
/// <param name="SlowedUntil">
/// Until when nothing is sent, because the requests keep failing; null if they do not.
/// </param>
/// <param name="CreatedAt">When the webhook was created.</param>
/// <param name="CreatedBy">The id of the key that created it; null without one.</param>
/// <param name="OldExpiresAt">
/// Until when requests are signed with the secret before the last rotation, too; null if they are not.
/// </param>
/// <param name="Version">Each change adds 1.</param>
internal sealed record WebhookResource(
    string Id,
    string Url,
    IReadOnlyList<string> Types,
    IReadOnlyList<string> Domains,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Links,
    string? Description,
    string State,
    string? Reason,
    int Failures,
    DateTime? FailingSince,
    DateTime? SlowedUntil,
    DateTime CreatedAt,
    string? CreatedBy,
    DateTime? OldExpiresAt,
    int Version)
{
    /// <summary>
    /// The secret that verifies signatures, <c>whsec_</c> and Base64, only in the response that makes it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    public static WebhookResource Of(Webhook webhook, DateTimeOffset now) => new(
        webhook.Id,
        webhook.Url,
        webhook.Filter.Types,
        [.. webhook.Filter.Domains.Select(name => name.Length == 0 ? DomainName.DefaultSegment : name)],
        webhook.Filter.Tags,
        [.. webhook.Filter.Links.Select(link => link.ToString(CultureInfo.InvariantCulture))],
        webhook.Description,
        WebhookStates.NameOf(webhook.State),
        webhook.Reason,
        webhook.Health.Failures,
        webhook.Health.FailingSince?.UtcDateTime,
        webhook.Health.SlowedUntil > now ? webhook.Health.SlowedUntil?.UtcDateTime : null,
        webhook.CreatedAt.UtcDateTime,
        webhook.CreatedBy,
        webhook.Secrets.Where(secret => secret.Until > now).Max(secret => secret.Until)?.UtcDateTime,
        webhook.Version);
}

/// <summary>All webhooks.</summary>
/// <param name="Webhooks">The webhooks, the newest first.</param>
internal sealed record WebhookListResource(IReadOnlyList<WebhookResource> Webhooks);

/// <summary>A test event.</summary>
/// <param name="Event">The id of the event, which the receiver gets as <c>webhook-id</c>.</param>
internal sealed record WebhookTestResource(string Event);
