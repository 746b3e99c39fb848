using Terse.Horizon;
using Terse.Ids;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// The database lookups that <see cref="LinkFinder"/> uses. The simulation in the tests has its own
/// implementation.
/// </summary>
internal interface ILinkLookups
{
    /// <summary>
    /// The generation of the current primary (<see cref="ClusterPrimary.Generation"/>). It grows with each
    /// failover, and when the database moves to another installation.
    /// </summary>
    int Generation { get; }

    /// <summary>
    /// Whether the last probes found a primary that accepts writes. A primary that is only slow is known.
    /// </summary>
    bool IsPrimaryKnown { get; }

    /// <inheritdoc cref="Cluster.HasReadableHost"/>
    bool CanReachHost { get; }

    /// <summary>Runs lookups on any host, the primary or a replica.</summary>
    /// <exception cref="HostUnavailableException">No host can be reached.</exception>
    IBatcher<LinkName, LookupResult> Any { get; }

    /// <summary>Runs lookups only on the primary.</summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    IBatcher<LinkName, LookupResult> Latest { get; }

    /// <summary>
    /// Runs lookups only on the primary, for codes that no replica contains. A flood of invented codes cannot
    /// send more than a few tens of statements a second.
    /// </summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    IBatcher<LinkName, LookupResult> Missing { get; }

    /// <summary>
    /// Writes a fence into the primary's log. All requests that wait share one fence, and a request never
    /// gets a fence that was requested before the request arrived. The fence does not depend on the link.
    /// </summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    IBatcher<LinkName, Fence> Fences { get; }

    /// <inheritdoc cref="FencedReads.Replicas"/>
    IReadOnlyList<int> Replicas { get; }

    /// <summary>
    /// Reads the position that a replica has replayed, and then looks up links on the same connection, in a
    /// snapshot that was taken after the position was read.
    /// </summary>
    /// <param name="replica">A number of <see cref="Replicas"/>.</param>
    /// <param name="pick">Picks the links to look up, for the position that the replica has replayed.</param>
    /// <exception cref="HostUnavailableException">The replica cannot be reached.</exception>
    Task<IReadOnlyList<LookupResult>> LookUpReplayedAsync(
        int replica, Func<long, IReadOnlyList<LinkName>> pick);

    /// <summary>
    /// Looks up a link on a host that contains every link and change that was written up to
    /// <paramref name="horizon"/>.
    /// </summary>
    /// <exception cref="HostUnavailableException">
    /// Every host whose horizon is at <paramref name="horizon"/> or later is unreachable.
    /// </exception>
    Task<LookupResult> LookUpAsync(
        LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken);

    /// <inheritdoc cref="Cluster.WaitForHorizonAsync"/>
    Task<HorizonWait> WaitForHorizonAsync(
        DateTimeOffset horizon, int generation, TimeSpan limit, CancellationToken cancellationToken);
}

/// <summary>The result of one lookup, read in one database snapshot on one host.</summary>
/// <param name="Link">The link; null if the snapshot does not contain the link.</param>
/// <param name="ClosedAt">
/// The horizon in the snapshot. The snapshot contains every link that was created up to this instant.
/// </param>
/// <param name="Generation">
/// The generation of the primary that wrote the horizon in the snapshot (<see
/// cref="ClusterPrimary.GenerationOf"/>); 0 if that is not the current primary.
/// </param>
/// <param name="Layouts">
/// The <see cref="StoredLayouts.Fingerprint"/> of the id layouts in the snapshot.
/// </param>
/// <param name="ProbedRole">The role of the host according to the last probe before the lookup.</param>
/// <param name="IsReplica">Whether the host reported in the lookup statement that it is a replica.</param>
internal sealed record LookupResult(
    Link? Link, DateTimeOffset ClosedAt, int Generation, long Layouts, HostRole ProbedRole, bool IsReplica)
{
    /// <summary>The name of the host that answered.</summary>
    public string Host { get; init; } = "";

    /// <summary>
    /// The id of the newest domain in the snapshot; 0 if there is none, or in the schema of the version
    /// before. Ids of domains grow in the order of their commits.
    /// </summary>
    public long LastDomain { get; init; }

    /// <summary>
    /// True if the host had replayed a fence of the primary in the snapshot before the snapshot was taken.
    /// The snapshot then contains every link that was acknowledged before the fence was requested.
    /// </summary>
    public bool HasReachedFence { get; init; }

    /// <summary>
    /// True if the host was the primary. The snapshot then contains every acknowledged link and change. The
    /// host must report that it is the primary both in the probe before the lookup and in the lookup. The
    /// lookup alone proves too little: a replica that is promoted during the lookup reports that it is the
    /// primary, but the snapshot may be older than the promotion.
    /// </summary>
    public bool IsPrimary => ProbedRole == HostRole.Primary && !IsReplica;

    /// <summary>
    /// A moment up to which the snapshot is complete. The snapshot contains each change that was written at
    /// or before this moment, if the change was also acknowledged before the lookup or its fence started. If
    /// the host was promoted during the lookup, it is unknown to which primary the snapshot belongs. In this
    /// case, the property returns the earliest possible moment, which guarantees nothing.
    /// </summary>
    public Moment CompleteUpTo =>
        IsPrimary || HasReachedFence ? new(Generation, DateTimeOffset.MaxValue)
        : IsReplica ? new(Generation, ClosedAt)
        : default;
}
