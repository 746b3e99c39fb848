namespace Terse.Horizon;

/// <summary>A PostgreSQL host. The cluster finds out whether it is the primary or a replica.</summary>
/// <param name="Name">The name of the host in metrics and errors; unique within a cluster.</param>
/// <param name="ConnectionString">The Npgsql connection string of this one host.</param>
public sealed record HostAddress(string Name, string ConnectionString);

/// <summary>How a <see cref="Cluster"/> probes its hosts and keeps the horizon.</summary>
public sealed record ClusterOptions
{
    /// <summary>The hosts, in any order; at least one.</summary>
    public required IReadOnlyList<HostAddress> Hosts { get; init; }

    /// <summary>The time between two probes of a host, off the request path. Default: 250 ms.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a start waits for a primary before it goes on without one. Default: 15 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a probe may take before it counts as failed. Default: 1 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The number of failed probes in a row after which a host leaves rotation. Default: 3.
    /// </summary>
    public int FailedProbes { get; init; } = 3;

    /// <summary>
    /// How far a replica may lag before it leaves rotation. Default: 10 s. When it is too small, a burst of
    /// writes takes all replicas out of rotation; when it is too large, reads that need fresh data find fewer
    /// suitable replicas.
    /// </summary>
    public TimeSpan MaxLag { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A replica returns to rotation when its lag is at most <see cref="MaxLag"/> minus this time. 
    /// Default: 5 s.
    /// </summary>
    public TimeSpan LagHysteresis { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time between two beats of the horizon, whichever server makes them. Default: 250 ms.
    /// </summary>
    public TimeSpan BeatInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How far the horizon stays behind the primary's clock. Default: 500 ms. When it is too small, the guard
    /// refuses writes whose ids were minted shortly before the commit, and they have to be retried; when it
    /// is too large, lookups of young codes go to the primary for longer.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a writing statement may take, and how long its connection may take to open. Default: 2 s.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a read may take, and how long its connection may take to open, before another host is tried.
    /// Default: 1 s.
    /// </summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The number of pooled connections to a host for reads, and the same number for writes. Default: 20. All
    /// servers together must stay below the <c>max_connections</c> of each host.
    /// </summary>
    public int MaxConnections { get; init; } = 20;
}
