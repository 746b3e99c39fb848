namespace Terse.Horizon;

/// <summary>What the router needs to know about a host.</summary>
/// <param name="State">What the last probe returned.</param>
/// <param name="Reads">The number of reads that run on the host now.</param>
/// <param name="HasFailedRecently">Whether a read failed on the host during the last seconds.</param>
internal readonly record struct RouterView(HostState State, int Reads, bool HasFailedRecently);

/// <summary>
/// Decides which host answers, from the results of the last probes alone. A host is identified by its index
/// in the list.
/// </summary>
internal static class Router
{
    /// <summary>
    /// The host to write to, or −1. When several hosts claim to be primary, the highest timeline wins. A
    /// primary is allowed as many failed probes as a replica, because no other host can take its writes.
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

        // A replica on a later timeline follows a newer primary, so this primary has been replaced.
        return picked >= 0 && hosts[picked].Timeline < LatestTimeline(hosts) ? -1 : picked;
    }

    /// <summary>
    /// The host to read from, or −1. First choice: of the fresh replicas in rotation, the less busy of two
    /// picked at random. Second choice: the primary. Third choice: a replica out of rotation that is still
    /// fresh enough.
    /// </summary>
    /// <param name="hosts">All hosts.</param>
    /// <param name="freshness">How fresh the host must be.</param>
    /// <param name="except">The index of a host that just failed, or −1.</param>
    /// <param name="options">The limits.</param>
    /// <param name="random">Picks among equal hosts.</param>
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
            if (host != except && !hosts[host].HasFailedRecently && IsFresh(states[host], freshness))
                fresh[count++] = host;
        }

        if (count > 0)
            return PickLessBusy(hosts, fresh[..count], random);
        return primary >= 0 && primary != except ? primary : PickAnyReplica(states, freshness, except);
    }

    /// <summary>Whether a host belongs in rotation after a probe.</summary>
    /// <param name="probed">What the probe returned.</param>
    /// <param name="wasInRotation">
    /// Whether the host was in rotation before; then a larger lag is allowed.
    /// </param>
    /// <param name="newest">The newest horizon and the latest timeline that any host shows.</param>
    /// <param name="options">The limits.</param>
    public static bool BelongsInRotation(
        HostState probed,
        bool wasInRotation,
        (DateTimeOffset Horizon, int Timeline) newest,
        ClusterOptions options)
    {
        if (probed.Role != HostRole.Replica || probed.Failures >= options.FailedProbes)
            return false;
        var maxLag = wasInRotation ? options.MaxLag : options.MaxLag - options.LagHysteresis;
        return probed.Timeline == newest.Timeline && newest.Horizon - probed.Horizon <= maxLag;
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
#pragma warning disable CA5394 // The numbers spread load; guessing them gains an attacker nothing.
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
