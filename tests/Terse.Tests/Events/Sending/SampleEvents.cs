using Terse.Events;

namespace Terse.Tests.Events;

/// <summary>Events and webhooks for tests of the sender.</summary>
internal static class SampleEvents
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    public static StoredEvent Event(long number, long link = 1) => new(
        new(1_780_000_000_000_000 + number, number),
        "link.changed",
        $"/code{link}",
        link,
        Version: (int)number,
        KeyId: null,
        Before: """{"target":"https://a.example/"}""",
        After: """{"target":"https://b.example/"}""",
        Data: null);

    public static Webhook Webhook(string url, string id = "hook") => new(
        id,
        url,
        EventFilter.All,
        Description: null,
        [new(Secret, null)],
        WebhookState.Active,
        Reason: null,
        WebhookHealth.Good,
        Version: 1,
        DateTimeOffset.UnixEpoch,
        CreatedBy: null);
}
