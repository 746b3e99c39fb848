namespace Terse.Horizon;

/// <summary>How <see cref="Cluster.WaitForHorizonAsync"/> has ended.</summary>
public enum HorizonWait
{
    /// <summary>The time limit has passed, or no replica is likely to reach the horizon within it.</summary>
    TimedOut,

    /// <summary>A replica that receives ordinary reads has reached the horizon, or a later primary is there.
    /// </summary>
    Reached,

    /// <summary>
    /// The primary, which could be used when the wait began, is lost. It moves no horizon any more.
    /// </summary>
    PrimaryLost,
}
