using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// The lookups that <see cref="LinkFinder"/> needs of the database. The simulation has its own
/// implementation.
/// </summary>
internal interface ILinkLookups
{
    /// <summary>The latest timeline that any host ever showed; it never falls.</summary>
    int Timeline { get; }

    /// <summary>Lookups that any host may answer.</summary>
    /// <exception cref="HostUnavailableException">No host can be reached.</exception>
    IBatcher<LinkName, LookupResult> Any { get; }

    /// <summary>Lookups that only the primary may answer.</summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    IBatcher<LinkName, LookupResult> Latest { get; }

    /// <summary>Looks up a link on a host that is complete up to an instant.</summary>
    /// <exception cref="HostUnavailableException">No such host can be reached.</exception>
    Task<LookupResult> LookUpAsync(
        LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken);

    /// <inheritdoc cref="Cluster.WaitForHorizonAsync"/>
    Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken);
}

/// <summary>The result of one lookup: what one snapshot of one host shows.</summary>
/// <param name="Link">The link; null when the snapshot does not contain it.</param>
/// <param name="ClosedAt">The horizon: the snapshot contains every link that was created up to it.</param>
/// <param name="Timeline">A primary's own timeline; on a replica, the timeline of its horizon.</param>
/// <param name="Layouts">The number of id layouts that the snapshot contains.</param>
/// <param name="ProbedRole">The role of the host by the last probe before the statement.</param>
/// <param name="IsReplica">Whether the host said in the statement that it is a replica.</param>
internal sealed record LookupResult(
    Link? Link, DateTimeOffset ClosedAt, int Timeline, long Layouts, HostRole ProbedRole, bool IsReplica)
{
    /// <summary>
    /// Whether the snapshot contains every acknowledged link and change. A replica that is promoted during
    /// the lookup says that it is a primary, but its snapshot may be older than the promotion. So the probe
    /// before must agree.
    /// </summary>
    public bool IsPrimary => ProbedRole == HostRole.Primary && !IsReplica;

    /// <summary>
    /// The moment up to which the snapshot contains every change that was acknowledged before the lookup.
    /// When a replica is promoted during the lookup, the timeline of its snapshot is unknown, and so is this
    /// moment: then it is the earliest moment.
    /// </summary>
    public Moment CompleteUpTo =>
        IsPrimary ? new(Timeline, DateTimeOffset.MaxValue)
        : IsReplica ? new(Timeline, ClosedAt)
        : default;
}
