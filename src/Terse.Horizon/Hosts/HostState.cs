namespace Terse.Horizon;

/// <summary>What a host is.</summary>
public enum HostRole
{
    /// <summary>It has not been reached yet.</summary>
    Unknown,

    /// <summary>It takes writes.</summary>
    Primary,

    /// <summary>It replays what a primary wrote.</summary>
    Replica,
}

/// <summary>What the last look at a host saw. Immutable.</summary>
/// <param name="Role">What the host is.</param>
/// <param name="Timeline">The timeline of the horizon that it shows; it grows with each failover.</param>
/// <param name="Horizon">
/// Up to when the host is complete; the earliest of all instants before it is known.
/// </param>
/// <param name="Failures">Looks that failed in a row.</param>
/// <param name="IsInRotation">Whether reads go to it.</param>
/// <param name="Error">
/// Why the last look failed, in words that hold no address, no name and no secret; null where it did not.
/// </param>
public sealed record HostState(
    HostRole Role, int Timeline, DateTimeOffset Horizon, int Failures, bool IsInRotation, string? Error)
{
    /// <summary>Of a host that was not looked at yet.</summary>
    public static HostState Unknown { get; } =
        new(HostRole.Unknown, 0, DateTimeOffset.MinValue, 0, IsInRotation: false, Error: null);

    /// <summary>Whether the last look succeeded.</summary>
    public bool IsReachable => Role != HostRole.Unknown && Failures == 0;
}
