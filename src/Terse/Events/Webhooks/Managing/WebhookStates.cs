namespace Terse.Events;

/// <summary>The names of states, as the API shows them.</summary>
internal static class WebhookStates
{
    public const string Active = "active";
    public const string Paused = "paused";
    private const string Ended = "ended";

    public static readonly IReadOnlyList<(string Name, DeliveryState? Value)> OfDeliveries =
    [
        ("waiting", DeliveryState.Waiting), ("delivered", DeliveryState.Delivered),
        ("dead", DeliveryState.Dead),
    ];

    public static string NameOf(WebhookState state) => state switch
    {
        WebhookState.Active => Active,
        WebhookState.Paused => Paused,
        _ => Ended,
    };

    public static string NameOf(DeliveryState state) =>
        OfDeliveries.First(known => known.Value == state).Name;
}
