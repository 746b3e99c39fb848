namespace Terse.Horizon;

/// <summary>
/// The primary that this process considers to be the current one. Only hosts that show data of this primary
/// are an authority. The decisions depend only on the arguments, so tests need no database.
/// </summary>
/// <param name="Generation">
/// Counts the primaries that this process has known: 1 for the first, and one more for each later primary; 0
/// before the first. In contrast to a timeline, the number also grows when the database moves to another
/// installation.
/// </param>
/// <param name="Identity">The identity of the primary.</param>
internal sealed record KnownPrimary(int Generation, ClusterIdentity Identity)
{
    public static readonly KnownPrimary None = new(0, default);

    /// <summary>Whether a host that shows this identity is an authority.</summary>
    public bool Accepts(ClusterIdentity identity) => Generation == 0 || Identity.IsSame(identity);

    /// <summary>
    /// Whether a host is the known primary. A host that has not beaten yet is not, if a beat of the known
    /// primary was seen: then another host took the same timeline.
    /// </summary>
    public bool IsPrimary(HostState host) =>
        host.Role == HostRole.Primary
        && Accepts(host.Identity)
        && !(host.IsBeforeFirstBeat && Identity.Term != Guid.Empty);

    /// <summary>
    /// Whether a host is a new primary that took the timeline of the known primary and has not beaten yet.
    /// Only its first beat gives it a term, by which it can take the place of the known primary.
    /// </summary>
    public bool IsRival(HostState host) =>
        host.Role == HostRole.Primary && Accepts(host.Identity) && !IsPrimary(host);

    /// <summary>Returns the known primary after new results of probes.</summary>
    /// <param name="hosts">The states of all hosts.</param>
    /// <param name="options">Contains the limit of failed probes.</param>
    /// <param name="isLost">
    /// Whether the known primary has been lost for so long that a primary that does not come later may take
    /// its place: a primary of another installation, or one that has the same timeline.
    /// </param>
    public KnownPrimary Update(ReadOnlySpan<HostState> hosts, ClusterOptions options, bool isLost)
    {
        var known = this;
        foreach (var host in hosts)
            known = known.Update(host.Identity);
        if (!isLost)
            return known;

        foreach (var host in hosts)
        {
            if (host.Role == HostRole.Primary
                && host.Failures < options.FailedProbes
                && known.MayFollow(host.Identity))
            {
                return known.Next(host.Identity);
            }
        }

        return known;
    }

    private KnownPrimary Update(ClusterIdentity shown)
    {
        if (shown.Timeline == 0 || (Generation > 0 && Identity.IsOtherInstallation(shown)))
            return this;
        if (shown.Timeline > Identity.Timeline)
            return Next(shown);
        return Identity.IsSame(shown) ? this with { Identity = Complete(shown) } : this;
    }

    /// <summary>
    /// Whether a primary with this identity may take the place of a lost primary. An earlier timeline of the
    /// same installation never may: it belongs to a replaced primary, whose data can lack acknowledged
    /// writes.
    /// </summary>
    private bool MayFollow(ClusterIdentity primary) =>
        primary.Timeline > 0
        && (Identity.IsOtherInstallation(primary)
            || (primary.Timeline == Identity.Timeline && !Identity.IsSame(primary)));

    private KnownPrimary Next(ClusterIdentity identity) => new(Generation + 1, identity);

    /// <summary>Adds the parts that were unknown.</summary>
    private ClusterIdentity Complete(ClusterIdentity same) => Identity with
    {
        SystemIdentifier = Identity.SystemIdentifier == 0 ? same.SystemIdentifier : Identity.SystemIdentifier,
        Term = Identity.Term == Guid.Empty ? same.Term : Identity.Term,
    };
}
