namespace Terse.Horizon;

/// <summary>
/// Combines the probes of all hosts: which hosts are in rotation, which timeline is the present one, which
/// host answers a read. The registry connects to no host itself, so the same class runs over simulated hosts.
/// Safe for use by any number of threads.
/// </summary>
/// <param name="hosts">All hosts; a host is identified by its index in this list.</param>
/// <param name="options">The limits.</param>
/// <param name="time">The monotonic clock, and the timer of waits.</param>
/// <param name="random">Picks among equal hosts.</param>
internal sealed class HostRegistry(
    IReadOnlyList<HostStatus> hosts, ClusterOptions options, TimeProvider time, Random random)
{
    /// <summary>
    /// How long reads prefer other hosts after a read failed on a host. A probe may succeed while reads hang,
    /// for example on a stalled disk.
    /// </summary>
    private static readonly TimeSpan FailedReadPenalty = TimeSpan.FromSeconds(5);

    private readonly Lock _updating = new();
    private int _timeline;

    public IReadOnlyList<HostStatus> Hosts => hosts;

    /// <summary>The latest timeline that any host ever showed. It never falls.</summary>
    public int Timeline => Volatile.Read(ref _timeline);

    /// <inheritdoc cref="Cluster.HasReadableHost"/>
    public bool HasReadableHost => hosts.Any(host =>
        host.State.Role != HostRole.Unknown && host.State.Failures < options.FailedProbes);

    /// <summary>
    /// Stores what a probe returned, and decides anew which hosts are in rotation: when the primary has
    /// advanced, another host may have fallen too far behind.
    /// </summary>
    public void Update(HostStatus host, HostState probed)
    {
        lock (_updating)
        {
            host.State = probed with { IsInRotation = host.State.IsInRotation };
            Volatile.Write(ref _timeline, Math.Max(_timeline, probed.Timeline));
            var newest = (hosts.Max(other => other.State.Horizon), _timeline);
            foreach (var other in hosts)
            {
                var state = other.State;
                var belongs = Router.BelongsInRotation(state, state.IsInRotation, newest, options);
                if (belongs != state.IsInRotation)
                    other.State = state with { IsInRotation = belongs };
            }
        }
    }

    /// <summary>
    /// Stores that a probe failed; the role, timeline and horizon of the last good probe are kept.
    /// </summary>
    public void UpdateFailed(HostStatus host, string error) =>
        Update(host, host.State with { Failures = host.State.Failures + 1, Error = error });

    /// <summary>Stores that a read failed on a host.</summary>
    public void MarkFailedRead(HostStatus host) => host.LastFailedReadAt = time.GetTimestamp();

    /// <summary>The index of the host to write to, or −1.</summary>
    public int PickPrimary() => Router.PickPrimary([.. hosts.Select(host => host.State)], options);

    /// <summary>The index of a host to read from.</summary>
    /// <param name="freshness">How fresh the host must be.</param>
    /// <param name="except">The index of a host that just failed, or −1.</param>
    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    public int PickRead(Freshness freshness, int except)
    {
        Span<RouterView> views = new RouterView[hosts.Count];
        for (var host = 0; host < hosts.Count; host++)
            views[host] = new(hosts[host].State, hosts[host].ReadsInFlight, HasFailedRecently(hosts[host]));
        var picked = Router.PickRead(views, freshness, except, options, random);
        return picked >= 0
            ? picked
            : throw new HostUnavailableException("No database host that is fresh enough can be reached.");
    }

    /// <inheritdoc cref="Cluster.WaitForHorizonAsync"/>
    public async Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        if (horizon - hosts.Max(host => host.State.Horizon) > limit + limit)
            return false;
        while (!hosts.Any(host => host.State is { IsInRotation: true } state && state.Horizon >= horizon))
        {
            if (time.GetElapsedTime(begin) >= limit)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private bool HasFailedRecently(HostStatus host) =>
        host.LastFailedReadAt is > long.MinValue and var at && time.GetElapsedTime(at) < FailedReadPenalty;
}
