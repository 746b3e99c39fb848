namespace Terse.Horizon;

/// <summary>What a host is to the router.</summary>
/// <param name="State">What the last look saw.</param>
/// <param name="Reads">Reads that are under way on it.</param>
/// <param name="IsSuspect">Whether a read failed on it a moment ago.</param>
internal readonly record struct RouterView(HostState State, int Reads, bool IsSuspect);

/// <summary>
/// Decides by what the last looks saw which host answers; it talks to none. Hosts are named by their place in
/// the list.
/// </summary>
internal static class Router
{
    /// <summary>
    /// The host to write to, or −1: of all that claim to be primary, the highest timeline's. Looks at it may
    /// fail as often as at a replica, since there is no other to go to.
    /// </summary>
    public static int PickPrimary(ReadOnlySpan<HostState> hosts, ClusterOptions options)
    {
        var picked = -1;
        for (var host = 0; host < hosts.Length; host++)
        {
            if (hosts[host].Role == HostRole.Primary
                && hosts[host].Failures < options.FailedProbes
                && (picked < 0 || hosts[host].Timeline > hosts[picked].Timeline))
            {
                picked = host;
            }
        }

        // A replica that has seen a later timeline has seen the primary that took over.
        return picked >= 0 && hosts[picked].Timeline < LatestTimeline(hosts) ? -1 : picked;
    }

    /// <summary>
    /// The host to read from, or −1: of the replicas in rotation that are fresh enough the less busy of two
    /// picked at random; then the primary; then, where any will do, a replica that is out of rotation.
    /// </summary>
    /// <param name="hosts">All hosts.</param>
    /// <param name="freshness">What is asked for.</param>
    /// <param name="except">A host that just failed, or −1.</param>
    /// <param name="options">The limits.</param>
    /// <param name="random">Picks among equals.</param>
    public static int PickRead(
        ReadOnlySpan<RouterView> hosts,
        Freshness freshness,
        int except,
        ClusterOptions options,
        Random random)
    {
        Span<HostState> states = new HostState[hosts.Length];
        for (var host = 0; host < hosts.Length; host++)
            states[host] = hosts[host].State;
        var primary = PickPrimary(states, options);
        if (freshness.IsLatest)
            return primary == except ? -1 : primary;

        Span<int> fresh = stackalloc int[hosts.Length];
        var count = 0;
        for (var host = 0; host < hosts.Length; host++)
        {
            if (host != except && !hosts[host].IsSuspect && IsFresh(states[host], freshness))
                fresh[count++] = host;
        }

        if (count > 0)
            return PickLessBusy(hosts, fresh[..count], random);
        return primary >= 0 && primary != except ? primary : PickAnyReplica(states, freshness, except);
    }

    /// <summary>Whether a replica is to be in rotation after a look at it.</summary>
    /// <param name="seen">What the look saw.</param>
    /// <param name="wasInRotation">Whether it was in rotation before; then it may lag longer.</param>
    /// <param name="newest">The newest horizon and the latest timeline that any host shows.</param>
    /// <param name="options">The limits.</param>
    public static bool BelongsInRotation(
        HostState seen,
        bool wasInRotation,
        (DateTimeOffset Horizon, int Timeline) newest,
        ClusterOptions options)
    {
        if (seen.Role != HostRole.Replica || seen.Failures >= options.FailedProbes)
            return false;
        var maxLag = wasInRotation ? options.MaxLag : options.MaxLag - options.LagHysteresis;
        return seen.Timeline == newest.Timeline && newest.Horizon - seen.Horizon <= maxLag;
    }

    /// <summary>The latest timeline that any host shows.</summary>
    public static int LatestTimeline(ReadOnlySpan<HostState> hosts)
    {
        var latest = 0;
        foreach (var host in hosts)
            latest = Math.Max(latest, host.Timeline);
        return latest;
    }

    private static bool IsFresh(HostState host, Freshness freshness) =>
        host is { IsInRotation: true, IsReachable: true } && host.Horizon >= freshness.Horizon;

    private static int PickLessBusy(ReadOnlySpan<RouterView> hosts, ReadOnlySpan<int> fresh, Random random)
    {
#pragma warning disable CA5394 // It spreads load; nobody gains by guessing it.
        var (first, second) = (fresh[random.Next(fresh.Length)], fresh[random.Next(fresh.Length)]);
#pragma warning restore CA5394
        return hosts[second].Reads < hosts[first].Reads ? second : first;
    }

    private static int PickAnyReplica(ReadOnlySpan<HostState> hosts, Freshness freshness, int except)
    {
        for (var host = 0; host < hosts.Length; host++)
        {
            if (host != except
                && hosts[host] is { Role: HostRole.Replica, IsReachable: true }
                && hosts[host].Horizon >= freshness.Horizon)
            {
                return host;
            }
        }

        return -1;
    }
}
