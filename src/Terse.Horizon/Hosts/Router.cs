namespace Terse.Horizon;

/// <summary>Contains the data about one host that the router needs for its decisions.</summary>
/// <param name="State">The state of the host, from the last probes.</param>
/// <param name="Reads">How many reads of this process run on the host now.</param>
/// <param name="HasFailedRecently">Whether a read failed on the host during the last few seconds.</param>
internal readonly record struct RouterView(HostState State, int Reads, bool HasFailedRecently);

/// <summary>
/// Decides which host executes a read or a write. The decision depends only on the arguments of the methods,
/// so tests need no database. The methods identify a host by its index in the list of hosts.
/// </summary>
internal static class Router
{
    /// <summary>
    /// Returns the primary, or −1 when no primary can be reached. Several hosts may report that they are
    /// primary; only the known primary is one. Fewer than <see cref="ClusterOptions.FailedProbes"/> failed
    /// probes in a row do not exclude the primary, because no other host can execute the writes.
    /// </summary>
    public static int PickPrimary(
        ReadOnlySpan<HostState> hosts, KnownPrimary known, ClusterOptions options) =>
        PickDirectPrimary(hosts, known, options) is >= 0 and var primary && !hosts[primary].IsLost(options)
            ? primary
            : -1;

    /// <summary>
    /// Returns the primary, even if its pooler is lost, or −1. Beats and the change feed connect directly.
    /// </summary>
    public static int PickDirectPrimary(
        ReadOnlySpan<HostState> hosts, KnownPrimary known, ClusterOptions options)
    {
        for (var host = 0; host < hosts.Length; host++)
        {
            if (known.IsPrimary(hosts[host]) && hosts[host].Failures < options.FailedProbes)
                return host;
        }

        return -1;
    }

    /// <summary>
    /// Returns a new primary that took the timeline of the known primary and has not beaten yet, or −1.
    /// </summary>
    public static int PickRival(ReadOnlySpan<HostState> hosts, KnownPrimary known, ClusterOptions options)
    {
        for (var host = 0; host < hosts.Length; host++)
        {
            if (known.IsRival(hosts[host]) && hosts[host].Failures < options.FailedProbes)
                return host;
        }

        return -1;
    }

    /// <summary>
    /// Returns the host to read from, or −1. The first choice is a replica that is in rotation (receives
    /// ordinary reads) and fresh enough: the router picks such a replica at random two times, possibly the
    /// same replica both times, and returns the less busy of the two. The second choice is the primary. The
    /// third choice is any other replica that is reachable and fresh enough.
    /// </summary>
    /// <param name="hosts">All hosts.</param>
    /// <param name="freshness">How recent the data of the host must be.</param>
    /// <param name="except">The index of a host that must not be picked, or −1.</param>
    /// <param name="known">The known primary; hosts that show other data are never picked.</param>
    /// <param name="options">Contains the limit of failed probes.</param>
    /// <param name="random">Picks a replica two times.</param>
    public static int PickRead(
        ReadOnlySpan<RouterView> hosts,
        Freshness freshness,
        int except,
        KnownPrimary known,
        ClusterOptions options,
        Random random)
    {
        Span<HostState> states = new HostState[hosts.Length];
        for (var host = 0; host < hosts.Length; host++)
            states[host] = hosts[host].State;
        var primary = PickPrimary(states, known, options);
        if (freshness.IsLatest)
            return primary == except ? -1 : primary;

        Span<int> fresh = stackalloc int[hosts.Length];
        var count = 0;
        for (var host = 0; host < hosts.Length; host++)
        {
            if (host != except && !hosts[host].HasFailedRecently && IsFresh(states[host], freshness))
                fresh[count++] = host;
        }

        if (count > 0)
            return PickLessBusy(hosts, fresh[..count], random);
        return primary >= 0 && primary != except ? primary : PickAnyReplica(states, freshness, except, known);
    }

    /// <summary>
    /// Whether a host belongs in rotation (receives ordinary reads): the host is a replica that is reachable,
    /// follows the known primary, and does not lag too far.
    /// </summary>
    /// <param name="probed">The state of the host after a probe.</param>
    /// <param name="wasInRotation">
    /// Whether the host is in rotation now. A host in rotation may lag further than a host that returns to
    /// rotation.
    /// </param>
    /// <param name="known">The known primary.</param>
    /// <param name="newest">The newest horizon of all hosts that show data of the known primary.</param>
    /// <param name="options">Contains the limits of the lag and of failed probes.</param>
    public static bool BelongsInRotation(
        HostState probed,
        bool wasInRotation,
        KnownPrimary known,
        DateTimeOffset newest,
        ClusterOptions options)
    {
        if (probed.Role != HostRole.Replica || probed.IsLost(options))
            return false;
        var maxLag = wasInRotation ? options.MaxLag : options.MaxLag - options.LagHysteresis;
        return known.Accepts(probed.Identity) && newest - probed.Horizon <= maxLag;
    }

    private static bool IsFresh(HostState host, Freshness freshness) =>
        host is { IsInRotation: true, IsReachable: true } && host.Horizon >= freshness.Horizon;

    private static int PickLessBusy(ReadOnlySpan<RouterView> hosts, ReadOnlySpan<int> fresh, Random random)
    {
#pragma warning disable CA5394 // The random numbers only spread load, so they need not be secure.
        var (first, second) = (fresh[random.Next(fresh.Length)], fresh[random.Next(fresh.Length)]);
#pragma warning restore CA5394
        return hosts[second].Reads < hosts[first].Reads ? second : first;
    }

    private static int PickAnyReplica(
        ReadOnlySpan<HostState> hosts, Freshness freshness, int except, KnownPrimary known)
    {
        for (var host = 0; host < hosts.Length; host++)
        {
            if (host != except
                && hosts[host] is { Role: HostRole.Replica, IsReachable: true }
                && hosts[host].Horizon >= freshness.Horizon
                && known.Accepts(hosts[host].Identity))
            {
                return host;
            }
        }

        return -1;
    }
}
