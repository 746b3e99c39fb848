namespace Terse.Aws.Settings;

/// <summary>
/// The times that must fit each other when a server stops: the balancer notices within
/// <see cref="Notice"/>, the server drains for longer, and the balancer waits longest.
/// </summary>
internal static class Timing
{
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(4);

    /// <summary>Failed probes after which the balancer sends a server no more requests.</summary>
    public const int FailedProbes = 2;

    /// <summary>The time until the balancer notices that a server is not ready.</summary>
    public static readonly TimeSpan Notice = ProbeInterval * FailedProbes + ProbeTimeout;

    /// <summary><c>Drain:Delay</c> of the servers.</summary>
    public static readonly TimeSpan DrainDelay = TimeSpan.FromSeconds(20);

    /// <summary>How long a server takes at most to stop: the delay, and 30 s after it.</summary>
    public static readonly TimeSpan Drain = DrainDelay + TimeSpan.FromSeconds(30);

    /// <summary>How long the balancer lets requests of a deregistered server end.</summary>
    public static readonly TimeSpan Deregistration = TimeSpan.FromSeconds(60);

    /// <summary>How long the group waits for a server that starts, or stops.</summary>
    public static readonly TimeSpan StartHook = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan StopHook = TimeSpan.FromMinutes(5);

    /// <summary>The time in which a new server fills its cache, and its figures do not count.</summary>
    public static readonly TimeSpan Warmup = TimeSpan.FromSeconds(90);

    /// <summary>
    /// The time in which the balancer raises the share of a new server to that of the others.
    /// </summary>
    public static readonly TimeSpan SlowStart = TimeSpan.FromSeconds(60);

    /// <summary>How long an update waits at each checkpoint for an alarm, and at its end.</summary>
    public static readonly TimeSpan Checkpoint = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan Bake = TimeSpan.FromMinutes(10);
}
