namespace Terse.Events;

/// <summary>
/// The types of events. Most are the action of the audit in the past tense (<c>link.change</c>,
/// <c>link.changed</c>).
/// </summary>
internal static class EventTypes
{
    public const string LinkErased = "link.erased";
    public const string LinkVisited = "link.visited";
    public const string LinkExpired = "link.expired";
    public const string LinkExhausted = "link.exhausted";
    public const string WebhookTested = "webhook.tested";

    public static readonly IReadOnlyList<string> All =
    [
        "link.created", "link.changed", "link.deleted", "link.restored", LinkErased,
        LinkExpired, LinkExhausted, LinkVisited,
        "key.created", "key.rotated", "key.revoked",
        "domain.added", "domain.changed", "domain.removed",
        "block.added", "block.removed",
        "webhook.created", "webhook.changed", "webhook.paused", "webhook.resumed", "webhook.ended",
        "webhook.deleted", WebhookTested,
    ];

    /// <summary>The types and their first parts, such as <c>link</c>.</summary>
    public static readonly IReadOnlyList<string> Known =
    [
        .. All.Select(type => type[..type.IndexOf('.', StringComparison.Ordinal)])
            .Distinct(StringComparer.Ordinal),
        .. All,
    ];

    /// <summary>What the type of an event about links begins with.</summary>
    public const string LinkPrefix = "link.";
}
