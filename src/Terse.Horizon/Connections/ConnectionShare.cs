namespace Terse.Horizon;

/// <summary>
/// A kind of work that has connections of its own. Calls of one kind wait only for calls of the same kind, so
/// one kind of work can never use up the connections of another kind.
/// </summary>
public enum ConnectionShare
{
    /// <summary>Short reads that a client waits for, one index access for each row.</summary>
    Lookups,

    /// <summary>Writes that create rows, while a client waits.</summary>
    Creations,

    /// <summary>Writes that change rows, while a client waits.</summary>
    Changes,

    /// <summary>Writes of visits and deliveries, and the deletion of old rows, in the background.</summary>
    Visits,

    /// <summary>
    /// Reads of many rows. They have their own time limit (<see cref="ClusterOptions.ReportTimeout"/>), and a
    /// report that reaches this limit proves nothing about the host.
    /// </summary>
    Reports,

    /// <summary>Writes that use up a limit, while a client waits.</summary>
    Limits,

    /// <summary>Reservations of nodes, reports of servers, and migrations.</summary>
    Nodes,
}

/// <summary>The connections of one share to one host at one moment.</summary>
/// <param name="Share">The kind of work.</param>
/// <param name="Used">How many connections are in use.</param>
/// <param name="Limit">How many connections the share has.</param>
/// <param name="Waiting">How many calls wait for a connection.</param>
public sealed record ConnectionUse(ConnectionShare Share, int Used, int Limit, int Waiting);

/// <summary>
/// How many connections of each <see cref="ConnectionShare"/> this process may use at the same time, to each
/// host. A value that is too small makes calls of this share wait for each other. Calls that wait go together
/// in one statement where they can, so few connections carry many calls.
/// </summary>
public sealed record ConnectionLimits
{
    /// <summary>
    /// How many calls of a share may wait for a connection to a host. A further call fails at once, so that
    /// calls do not pile up while the host is slow.
    /// </summary>
    public const int MaxWaiting = 256;

    /// <summary>
    /// The connections to each host that belong to no share: one for probes, and on the primary one for beats
    /// and one for notifications. They never go through a pooler.
    /// </summary>
    public const int Direct = 3;

    /// <summary>
    /// Default: 3. Reports use connections of lookups, so while a report runs, lookups have one connection
    /// less. A report waits for a connection only as long as a lookup takes.
    /// </summary>
    public int Lookups { get; init; } = 3;

    /// <summary>Default: 2.</summary>
    public int Creations { get; init; } = 2;

    /// <summary>Default: 1.</summary>
    public int Changes { get; init; } = 1;

    /// <summary>Default: 1.</summary>
    public int Visits { get; init; } = 1;

    /// <summary>Default: 1. Less than <see cref="Lookups"/>.</summary>
    public int Reports { get; init; } = 1;

    /// <summary>Default: 1.</summary>
    public int Limits { get; init; } = 1;

    /// <summary>Default: 1.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>
    /// The most connections that this process opens to a host. The sum for all processes must stay below
    /// <c>max_connections</c> of the PostgreSQL host. Default: 12.
    /// </summary>
    public int Total => Direct + ForReads + ForWrites;

    /// <summary>
    /// Returns limits with a larger <see cref="Total"/>. Half of the additional connections are for lookups,
    /// and half for creations.
    /// </summary>
    /// <param name="total">The largest number of connections to a host; 12 or more.</param>
    public static ConnectionLimits For(int total)
    {
        var limits = new ConnectionLimits();
        ArgumentOutOfRangeException.ThrowIfLessThan(total, limits.Total);
        var more = total - limits.Total;
        return limits with
        {
            Lookups = limits.Lookups + (more / 2),
            Creations = limits.Creations + more - (more / 2),
        };
    }

    internal int ForReads => Lookups;

    internal int ForWrites => Creations + Changes + Visits + Limits + Nodes;

    /// <summary>Returns the limit of a share.</summary>
    public int Of(ConnectionShare share) => share switch
    {
        ConnectionShare.Lookups => Lookups,
        ConnectionShare.Creations => Creations,
        ConnectionShare.Changes => Changes,
        ConnectionShare.Visits => Visits,
        ConnectionShare.Reports => Reports,
        ConnectionShare.Limits => Limits,
        ConnectionShare.Nodes => Nodes,
        _ => throw new ArgumentOutOfRangeException(nameof(share)),
    };
}
