namespace Terse.Horizon;

/// <summary>The role of a PostgreSQL host in streaming replication.</summary>
public enum HostRole
{
    /// <summary>No probe of the host has succeeded yet.</summary>
    Unknown,

    /// <summary>The host accepts writes.</summary>
    Primary,

    /// <summary>The host replays the primary's write-ahead log and accepts only reads.</summary>
    Replica,
}

/// <summary>
/// The state of a host, as the last probes found it. Immutable, and therefore safe for use by any number of
/// threads.
/// </summary>
/// <param name="Role">The role of the host at the last successful probe.</param>
/// <param name="Identity">
/// Identifies the primary that wrote the data of the host. For a primary, the timeline is that of its
/// write-ahead log, and the term is unknown before its first beat. For a replica, timeline and term are those
/// in its copy of the horizon row.
/// </param>
/// <param name="Horizon">
/// The host has every row that was written at or before this instant;
/// <see cref="DateTimeOffset.MinValue"/> while the instant is unknown.
/// </param>
/// <param name="Failures">How many probes failed since the last successful probe.</param>
/// <param name="IsInRotation">
/// Whether the host is a replica that receives ordinary reads; the primary is never in rotation.
/// </param>
/// <param name="Error">
/// Why the last probe failed, without addresses, names and secrets; null when the last probe succeeded.
/// </param>
public sealed record HostState(
    HostRole Role,
    ClusterIdentity Identity,
    DateTimeOffset Horizon,
    int Failures,
    bool IsInRotation,
    string? Error)
{
    /// <summary>The state of a host before its first probe.</summary>
    public static HostState Unknown { get; } =
        new(HostRole.Unknown, default, DateTimeOffset.MinValue, 0, IsInRotation: false, Error: null);

    /// <summary>
    /// Whether the host is a new primary that has not moved the horizon yet. Before its first beat, it
    /// accepts no writes of protected tables.
    /// </summary>
    public bool IsBeforeFirstBeat { get; init; }

    /// <summary>
    /// How many probes of the host's pooler failed since the last successful probe. Until the first
    /// successful probe, at least <see cref="ClusterOptions.FailedProbes"/>. Always 0 without a pooler.
    /// </summary>
    public int PoolerFailures { get; init; }

    /// <summary>
    /// Why the last probe of the pooler failed, without addresses, names and secrets; null when the last
    /// probe succeeded.
    /// </summary>
    public string? PoolerError { get; init; }

    /// <summary>Whether the pooler leads to another host. Such a pooler is never used.</summary>
    public bool IsPoolerOfOtherHost { get; init; }

    /// <summary>Whether the last probes of the host and of its pooler succeeded.</summary>
    public bool IsReachable => Role != HostRole.Unknown && Failures == 0 && PoolerFailures == 0;

    /// <summary>Whether the host receives no statements, because the host or its pooler is lost.</summary>
    internal bool IsLost(ClusterOptions options) =>
        Math.Max(Failures, PoolerFailures) >= options.FailedProbes;
}
