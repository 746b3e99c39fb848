namespace Terse.Events;

/// <summary>The names of the states of deliveries, as the API shows them.</summary>
internal static class DeliveryStates
{
    public static readonly IReadOnlyList<(string Name, DeliveryState? Value)> All =
    [
        ("waiting", DeliveryState.Waiting), ("delivered", DeliveryState.Delivered),
        ("dead", DeliveryState.Dead),
    ];

    public static string NameOf(DeliveryState state) =>
        All.First(known => known.Value == state).Name;
}
