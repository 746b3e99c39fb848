namespace Terse.Web;

/// <summary>Chooses a share of all events by chance.</summary>
internal static class Chance
{
    /// <param name="share">0 for no event, 1 for every event.</param>
#pragma warning disable CA5394 // Nobody gains anything by a guess of which requests are recorded.
    public static bool Take(double share) => share > 0 && Random.Shared.NextDouble() < share;
#pragma warning restore CA5394
}
