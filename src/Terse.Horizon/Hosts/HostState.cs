namespace Terse.Horizon;

/// <summary>The role of a host.</summary>
public enum HostRole
{
    /// <summary>No probe of the host has succeeded yet.</summary>
    Unknown,

    /// <summary>The host takes writes.</summary>
    Primary,

    /// <summary>The host replays the primary's log.</summary>
    Replica,
}

/// <summary>What the last probes of a host returned. Immutable.</summary>
/// <param name="Role">The role of the host.</param>
/// <param name="Timeline">The timeline of the horizon that the host shows; each failover raises it.</param>
/// <param name="Horizon">
/// The instant up to which the host is complete; <see cref="DateTimeOffset.MinValue"/> before it is known.
/// </param>
/// <param name="Failures">The number of probes in a row that failed.</param>
/// <param name="IsInRotation">Whether ordinary reads go to the host.</param>
/// <param name="Error">
/// Why the last probe failed, without addresses, names and secrets; null when the probe succeeded.
/// </param>
public sealed record HostState(
    HostRole Role, int Timeline, DateTimeOffset Horizon, int Failures, bool IsInRotation, string? Error)
{
    /// <summary>The state of a host before its first probe.</summary>
    public static HostState Unknown { get; } =
        new(HostRole.Unknown, 0, DateTimeOffset.MinValue, 0, IsInRotation: false, Error: null);

    /// <summary>Whether the last probe succeeded.</summary>
    public bool IsReachable => Role != HostRole.Unknown && Failures == 0;
}
