namespace Terse.Horizon;

/// <summary>A PostgreSQL host: a primary or a replica; which one it is, is found out.</summary>
/// <param name="Name">What it is called in metrics and errors; unique within a cluster.</param>
/// <param name="ConnectionString">Npgsql's, for this one host.</param>
public sealed record HostAddress(string Name, string ConnectionString);

/// <summary>How a <see cref="Cluster"/> watches its hosts and keeps the horizon.</summary>
public sealed record ClusterOptions
{
    /// <summary>The hosts, in any order; at least one.</summary>
    public required IReadOnlyList<HostAddress> Hosts { get; init; }

    /// <summary>Between two looks at a host, off the path of requests. Default: 250 ms.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a start waits for a primary, before it goes on without one. Default: 15 s.</summary>
    public TimeSpan StartPatience { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a look at a host may take before it counts as failed. Default: 1 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Failed looks in a row after which a host leaves rotation. Default: 3.</summary>
    public int FailedProbes { get; init; } = 3;

    /// <summary>
    /// How far a replica may lag before it leaves rotation. Default: 10 s. Too little, and a load of writes
    /// takes all replicas out; too much, and readers that ask for fresh data find fewer.
    /// </summary>
    public TimeSpan MaxLag { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// By how much less than <see cref="MaxLag"/> it has to lag to come back. Default: 5 s.
    /// </summary>
    public TimeSpan LagHysteresis { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Between two beats of the horizon, whoever makes them. Default: 250 ms.</summary>
    public TimeSpan BeatInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How far behind the primary's clock the horizon is closed. Default: 500 ms. Too little, and writes
    /// whose ids are minted a moment ahead of the commit are refused and made again; too much, and young
    /// codes are asked for at the primary for longer.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a writing statement may take, or its connection to open. Default: 2 s.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a read may take, or its connection to open, before another host is asked. Default: 1 s.
    /// </summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Connections for reads, and as many for writes, that are kept to a host. Default: 20. All servers
    /// together must stay below the <c>max_connections</c> of each host.
    /// </summary>
    public int MaxConnections { get; init; } = 20;
}
