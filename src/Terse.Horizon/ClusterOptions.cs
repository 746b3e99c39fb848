namespace Terse.Horizon;

/// <summary>
/// The address of a PostgreSQL host. The cluster detects whether the host is the primary or a replica.
/// </summary>
/// <param name="Name">The name of the host in metrics and errors; unique within a cluster.</param>
/// <param name="ConnectionString">The Npgsql connection string, which must name only this host.</param>
public sealed record HostAddress(string Name, string ConnectionString)
{
    /// <summary>
    /// The Npgsql connection string of a pooler in front of this host, such as PgBouncer in transaction mode;
    /// null without a pooler. Reads and writes go through the pooler. Probes, beats and
    /// <see cref="Cluster.OpenPrimaryAsync"/> connect to the host directly.
    /// </summary>
    public string? PoolerConnectionString { get; init; }

    /// <summary>
    /// Returns the password for the host each time a connection opens; null if the connection string or the
    /// environment has the password. It may be called by several threads at once.
    /// </summary>
    public PasswordProvider? Password { get; init; }

    /// <summary>
    /// Returns the password for the pooler, as <see cref="Password"/> does for the host. Default: null.
    /// </summary>
    public PasswordProvider? PoolerPassword { get; init; }
}

/// <summary>Returns a password that changes while a program runs, such as a token.</summary>
/// <param name="cancellationToken">Cancels the search for the password.</param>
public delegate ValueTask<string> PasswordProvider(CancellationToken cancellationToken);

/// <summary>The options of a <see cref="Cluster"/>: its hosts, intervals, timeouts and limits.</summary>
public sealed record ClusterOptions
{
    /// <summary>The hosts of the cluster, in any order; at least one.</summary>
    public required IReadOnlyList<HostAddress> Hosts { get; init; }

    /// <summary>The time between two probes of the same host. Default: 250 ms.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long <see cref="Cluster.StartAsync"/> waits for a primary before it continues without a primary.
    /// It waits 5 s at most when a replica can be read. Default: 15 s.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a probe may take before it counts as failed. Default: 1 s.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After this number of failed probes in a row, the router sends no more ordinary reads to a replica, and
    /// a primary counts as unreachable. Default: 3.
    /// </summary>
    public int FailedProbes { get; init; } = 3;

    /// <summary>
    /// How far the horizon of a replica may lag behind the newest horizon before the router stops sending
    /// ordinary reads to the replica. Default: 10 s. When the value is too small, a burst of writes excludes
    /// all replicas, and the primary answers all reads. When the value is too large, reads with
    /// <see cref="Freshness.Any"/> may return old data.
    /// </summary>
    public TimeSpan MaxLag { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After <see cref="MaxLag"/> has excluded a replica, the replica receives reads again when its lag is at
    /// most <see cref="MaxLag"/> minus this time. Default: 5 s. When the value is too small, a replica whose
    /// lag is close to <see cref="MaxLag"/> is excluded and included again and again.
    /// </summary>
    public TimeSpan LagHysteresis { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time between two beats. A beat is an update on the primary that moves the horizon forward. All
    /// clusters that use the same primary together run one beat per interval. Default: 250 ms.
    /// </summary>
    public TimeSpan BeatInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How far the horizon stays behind the primary's clock. Default: 500 ms. When the value is too small,
    /// the horizon may pass the <c>written_at</c> of a row before the row is inserted. PostgreSQL refuses
    /// such an insert, and the client has to retry. When the value is too large, reads of a new row go to the
    /// primary for a longer time.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long each statement of a write may take, and how long opening the connection for the write may
    /// take. Default: 2 s. Npgsql counts whole seconds, so the value is rounded up.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long each statement of a read may take, and how long opening the connection for the read may take.
    /// After this time, the read moves to a different host. Default: 1 s. Npgsql counts whole seconds, so the
    /// value is rounded up.
    /// </summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long PostgreSQL may work on a read with <see cref="ConnectionShare.Reports"/>. After this time,
    /// PostgreSQL cancels the statement, and the read fails. Default: 2 s.
    /// </summary>
    public TimeSpan ReportTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many connections each kind of work may use at the same time, to each host.</summary>
    public ConnectionLimits Connections { get; init; } = new();

    /// <summary>
    /// Whether connections prepare the statements that they repeat. Default: null, which means true for
    /// connections to a host and false for connections to a pooler, because a pooler may run each transaction
    /// on a different connection. PgBouncer supports prepared statements in transaction mode since 1.21.
    /// </summary>
    public bool? PreparedStatements { get; init; }
}
