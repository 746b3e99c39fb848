namespace Terse.Events;

/// <summary>The names of the states of webhooks, as the API shows them.</summary>
internal static class WebhookStates
{
    public const string Active = "active";
    public const string Paused = "paused";
    private const string Ended = "ended";

    public static string NameOf(WebhookState state) => state switch
    {
        WebhookState.Active => Active,
        WebhookState.Paused => Paused,
        _ => Ended,
    };
}
