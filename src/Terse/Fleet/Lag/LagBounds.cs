namespace Terse.Fleet;

/// <summary>The lags beyond which the history counts the time.</summary>
internal static class LagBounds
{
    /// <summary>
    /// Above 1 s, a replica is slower than usual. Above 10 s, a replica leaves rotation, and at 5 s it
    /// returns.
    /// </summary>
    public static readonly IReadOnlyList<double> Seconds = [1, 5, 10, 60];
}
