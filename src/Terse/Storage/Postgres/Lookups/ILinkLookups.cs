using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>What <see cref="LinkFinder"/> needs of the database; a simulation has one as well.</summary>
internal interface ILinkLookups
{
    /// <summary>The latest timeline that any host ever showed; it never falls.</summary>
    int Timeline { get; }

    /// <summary>Looks for a link on a host that is fresh enough.</summary>
    /// <exception cref="HostUnavailableException">No such host can be reached.</exception>
    Task<LookupResult> LookAsync(
        Freshness freshness, LinkName name, CancellationToken cancellationToken);

    /// <summary>Waits until a replica in rotation is complete up to an instant.</summary>
    /// <returns>False where that takes longer than <paramref name="limit"/>, or is bound to.</returns>
    Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken);
}

/// <summary>What one snapshot of one host shows.</summary>
/// <param name="Link">The link, where there is one.</param>
/// <param name="ClosedAt">The horizon: whatever was created up to it shows.</param>
/// <param name="Timeline">A primary's own; of a replica, the one on which that horizon was closed.</param>
/// <param name="Layouts">How many layouts of ids the snapshot knows.</param>
/// <param name="Before">What the host was before it was asked.</param>
/// <param name="IsInRecovery">Whether it said that it is a replica.</param>
internal sealed record LookupResult(
    Link? Link, DateTimeOffset ClosedAt, int Timeline, long Layouts, HostRole Before, bool IsInRecovery)
{
    /// <summary>
    /// Whether the snapshot has all that was ever acknowledged. That of a replica which is promoted while it
    /// is asked may not.
    /// </summary>
    public bool IsPrimary => Before == HostRole.Primary && !IsInRecovery;

    /// <summary>
    /// Up to when it has all changes that were acknowledged before it was asked for. Of a replica that is
    /// promoted meanwhile it is not known of which timeline the snapshot was.
    /// </summary>
    public Moment Complete =>
        IsPrimary ? new(Timeline, DateTimeOffset.MaxValue)
        : IsInRecovery ? new(Timeline, ClosedAt)
        : default;
}
