namespace Terse.Events;

/// <summary>A URL to which events are sent.</summary>
/// <param name="Id">Random, 12 letters and digits.</param>
/// <param name="Url">An absolute URL with the scheme <c>https</c> or <c>http</c>.</param>
/// <param name="Filter">Which events are sent.</param>
/// <param name="Description">A remark for people; null without one.</param>
/// <param name="Secrets">
/// The secrets with which requests are signed, the newest first. They are stored as they are, because signing
/// needs them.
/// </param>
/// <param name="State">Whether events are sent.</param>
/// <param name="Reason">Why the webhook is paused or ended; null for an active one.</param>
/// <param name="Health">What the last attempts showed.</param>
/// <param name="Version">Each change adds 1; <see cref="Health"/> is not part of a change.</param>
/// <param name="CreatedAt">When the webhook was created.</param>
/// <param name="CreatedBy">The id of the key that created it; null without one.</param>
internal sealed record Webhook(
    string Id,
    string Url,
    EventFilter Filter,
    string? Description,
    IReadOnlyList<WebhookSecret> Secrets,
    WebhookState State,
    string? Reason,
    WebhookHealth Health,
    int Version,
    DateTimeOffset CreatedAt,
    string? CreatedBy);

/// <param name="Value">The text <c>whsec_</c> and 32 random bytes in Base64.</param>
/// <param name="Until">
/// When the secret ends: requests are signed with every secret that has not ended. Null for the newest one.
/// </param>
internal sealed record WebhookSecret(string Value, DateTimeOffset? Until);

/// <summary>The stored number of each state must not change.</summary>
internal enum WebhookState
{
    /// <summary>Events are sent.</summary>
    Active = 0,

    /// <summary>
    /// Events wait until the webhook is resumed, but no longer than <c>Events:Retention</c>.
    /// </summary>
    Paused = 1,

    /// <summary>
    /// The receiver answered 410. Nothing waits, and nothing is sent until the webhook is resumed.
    /// </summary>
    Ended = 2,
}

/// <param name="Failures">The number of failed attempts since the last success.</param>
/// <param name="FailingSince">When the first of them was; null if the last attempt succeeded.</param>
/// <param name="SlowedUntil">
/// Until when nothing is sent, because the receiver keeps failing; null if it does not.
/// </param>
internal sealed record WebhookHealth(int Failures, DateTimeOffset? FailingSince, DateTimeOffset? SlowedUntil)
{
    public static readonly WebhookHealth Good = new(0, null, null);

    /// <summary>Returns the health with the times of another clock.</summary>
    /// <param name="ahead">How far the other clock is ahead.</param>
    public WebhookHealth MovedBy(TimeSpan ahead) =>
        this with { FailingSince = FailingSince + ahead, SlowedUntil = SlowedUntil + ahead };
}
