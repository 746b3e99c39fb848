namespace Terse.Horizon;

/// <summary>
/// Stores the results of the probes, and decides from them which replicas are in rotation (receive ordinary
/// reads) and which host answers a read. The registry opens no connection, so tests can use it with simulated
/// hosts. Safe for use by any number of threads.
/// </summary>
/// <param name="hosts">All hosts. The methods identify a host by its index in this list.</param>
/// <param name="options">Contains the limits of the lag and of failed probes.</param>
/// <param name="time">Provides the monotonic clock and the timers for waits.</param>
/// <param name="random">
/// Picks a suitable replica two times; the less busy of the two answers the read (<see cref="Router"/>).
/// </param>
internal sealed class HostRegistry(
    IReadOnlyList<HostStatus> hosts, ClusterOptions options, TimeProvider time, Random random)
{
    /// <summary>
    /// How long new reads prefer other hosts after a read failed on a host. The probes do not detect every
    /// failure: a probe may succeed while reads hang, for example because a disk does not respond.
    /// </summary>
    private static readonly TimeSpan FailedReadPenalty = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the known primary must have been lost before a primary that does not come later may take its
    /// place (<see cref="KnownPrimary.Update(ReadOnlySpan{HostState}, ClusterOptions, bool)"/>). Without this
    /// time, a short failure of the network could move all requests to a host of another installation that is
    /// in the list of hosts by mistake.
    /// </summary>
    public static readonly TimeSpan LossOfPrimary = TimeSpan.FromSeconds(5);

    private readonly Lock _updating = new();
    private long _primarySeenAt = time.GetTimestamp();
    private long _usablePrimarySeenAt = time.GetTimestamp();
    private KnownPrimary _known = KnownPrimary.None;
    private TaskCompletionSource _updated = NewSignal();

    public IReadOnlyList<HostStatus> Hosts => hosts;

    /// <summary>The primary that this process considers to be the current one.</summary>
    public KnownPrimary Known => Volatile.Read(ref _known);

    /// <inheritdoc cref="Cluster.HasReadableHost"/>
    public bool HasReadableHost => Known is var known && hosts.Any(host =>
        host.State.Role != HostRole.Unknown
        && !host.State.IsLost(options)
        && known.Accepts(host.State.Identity));

    /// <summary>The newest horizon of all hosts that show data of the known primary.</summary>
    /// <remarks>
    /// The horizon of any other host says nothing about the lag of a replica: the clock of a replaced primary
    /// may be far ahead, and other installations have their own horizons.
    /// </remarks>
    public DateTimeOffset NewestHorizon
    {
        get
        {
            var newest = DateTimeOffset.MinValue;
            var known = Known;
            foreach (var host in hosts)
            {
                if (host.State is var state && state.Horizon > newest && known.Accepts(state.Identity))
                    newest = state.Horizon;
            }

            return newest;
        }
    }

    /// <inheritdoc cref="ClusterPrimary.GenerationOf"/>
    public int GenerationOf(ClusterIdentity shown) =>
        Known is var known && known.Accepts(shown) ? known.Generation : 0;

    /// <inheritdoc cref="ClusterPrimary.GenerationOfWrite"/>
    public int GenerationOfWrite(int timeline) =>
        Known is var known ? known.Generation + Math.Sign(timeline.CompareTo(known.Identity.Timeline)) : 0;

    /// <inheritdoc cref="FencedReads.Replicas"/>
    public IReadOnlyList<int> ReplicasInRotation =>
        [.. hosts.Index().Where(host => host.Item.State.IsInRotation).Select(host => host.Index)];

    /// <summary>
    /// Stores the result of a probe, and decides for every host whether it is in rotation (receives ordinary
    /// reads). A probe of one host may affect a different host, because the lag of a replica is measured from
    /// the newest horizon of all hosts.
    /// </summary>
    public void Update(HostStatus host, HostState probed) => Update(host, state => probed with
    {
        IsInRotation = state.IsInRotation,
        PoolerFailures = state.PoolerFailures,
        PoolerError = state.PoolerError,
        IsPoolerOfOtherHost = state.IsPoolerOfOtherHost,
    });

    private void Update(HostStatus host, Func<HostState, HostState> change)
    {
        lock (_updating)
        {
            host.State = change(host.State);
            HostState[] states = [.. hosts.Select(other => other.State)];
            var known = _known.Update(states, options, time.GetElapsedTime(_primarySeenAt) >= LossOfPrimary);
            Volatile.Write(ref _known, known);
            if (Router.PickDirectPrimary(states, known, options) >= 0)
                Volatile.Write(ref _primarySeenAt, time.GetTimestamp());
            if (Router.PickPrimary(states, known, options) >= 0)
                Volatile.Write(ref _usablePrimarySeenAt, time.GetTimestamp());
            var newest = NewestHorizon;
            foreach (var other in hosts)
            {
                var state = other.State;
                var belongs = Router.BelongsInRotation(state, state.IsInRotation, known, newest, options);
                if (belongs != state.IsInRotation)
                    other.State = state with { IsInRotation = belongs };
            }
        }

        Interlocked.Exchange(ref _updated, NewSignal()).TrySetResult();
    }

    /// <summary>
    /// Stores that a probe failed. The registry keeps the role, the timeline and the horizon from the last
    /// successful probe.
    /// </summary>
    public void UpdateFailed(HostStatus host, string error) =>
        Update(host, state => state with { Failures = state.Failures + 1, Error = error });

    /// <summary>Stores the result of a successful probe of a pooler.</summary>
    public void UpdatePooler(HostStatus host, bool leadsToHost) => Update(host, state => state with
    {
        PoolerFailures = leadsToHost ? 0 : Math.Max(state.PoolerFailures, options.FailedProbes),
        PoolerError = leadsToHost ? null : "The pooler leads to another host.",
        IsPoolerOfOtherHost = !leadsToHost,
    });

    /// <summary>Stores that a probe of a pooler failed.</summary>
    public void UpdatePoolerFailed(HostStatus host, string error) => Update(host, state => state with
    {
        PoolerFailures = state.PoolerFailures + 1,
        PoolerError = $"The pooler cannot be used. {error}",
    });

    /// <summary>Stores that a read failed on a host, so that new reads avoid the host for a while.</summary>
    public void MarkFailedRead(HostStatus host) => host.LastFailedReadAt = time.GetTimestamp();

    /// <summary>
    /// Returns the index of the primary, or −1 when no primary can be reached, or its pooler is lost.
    /// </summary>
    public int PickPrimary() => Router.PickPrimary(
        [.. hosts.Select(host => host.State)], Known, options);

    /// <summary>
    /// Returns the index of the primary, even if its pooler is lost; −1 when no primary can be reached.
    /// </summary>
    public int PickDirectPrimary() => Router.PickDirectPrimary(
        [.. hosts.Select(host => host.State)], Known, options);

    /// <summary>Returns the index of the primary.</summary>
    /// <exception cref="HostUnavailableException">No primary can be reached.</exception>
    public int RequirePrimary() => Require(PickPrimary());

    /// <summary>Returns the index of the primary, for a connection beside its pooler.</summary>
    /// <inheritdoc cref="RequirePrimary"/>
    public int RequireDirectPrimary() => Require(PickDirectPrimary());

    private static int Require(int primary) => primary >= 0
        ? primary
        : throw new HostUnavailableException("No primary can be reached.");

    /// <summary>
    /// Returns the index of the host that must beat, or −1. This is the primary. When the primary has been
    /// lost for <see cref="LossOfPrimary"/>, it is a new primary that took the same timeline.
    /// </summary>
    public int PickBeat()
    {
        if (PickDirectPrimary() is >= 0 and var primary)
            return primary;
        return time.GetElapsedTime(Volatile.Read(ref _primarySeenAt)) >= LossOfPrimary
            ? Router.PickRival([.. hosts.Select(host => host.State)], Known, options)
            : -1;
    }

    /// <inheritdoc cref="ClusterPrimary.LostFor"/>
    public TimeSpan PrimaryLostFor => PickPrimary() >= 0
        ? TimeSpan.Zero
        : time.GetElapsedTime(Volatile.Read(ref _usablePrimarySeenAt));

    /// <inheritdoc cref="ClusterPrimary.IsKnownSince"/>
    public bool IsPrimaryKnownSince(long timestamp) =>
        PickPrimary() is >= 0 and var primary
        && !hosts[primary].State.IsBeforeFirstBeat
        && Math.Min(hosts[primary].ConfirmedAt, hosts[primary].PoolerConfirmedAt) >= timestamp;

    /// <inheritdoc cref="ClusterPrimary.WaitAsync"/>
    public async Task<bool> WaitForPrimaryAsync(
        long timestamp, TimeSpan limit, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        while (true)
        {
            var updated = Volatile.Read(ref _updated).Task;
            if (IsPrimaryKnownSince(timestamp))
                return true;
            var rest = limit - time.GetElapsedTime(begin);
            if (rest <= TimeSpan.Zero)
                return false;
            try
            {
                await updated.WaitAsync(rest, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }

    /// <summary>Returns the index of a host to read from.</summary>
    /// <param name="freshness">How recent the data of the host must be.</param>
    /// <param name="except">The index of a host that must not be picked, or −1.</param>
    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    public int PickRead(Freshness freshness, int except)
    {
        Span<RouterView> views = new RouterView[hosts.Count];
        for (var host = 0; host < hosts.Count; host++)
            views[host] = new(hosts[host].State, hosts[host].ReadsInFlight, HasFailedRecently(hosts[host]));
        var picked = Router.PickRead(views, freshness, except, Known, options, random);
        return picked >= 0
            ? picked
            : throw new HostUnavailableException("No database host that is fresh enough can be reached.");
    }

    /// <inheritdoc cref="Cluster.WaitForHorizonAsync"/>
    public async Task<HorizonWait> WaitForHorizonAsync(
        DateTimeOffset horizon, int generation, TimeSpan limit, CancellationToken cancellationToken)
    {
        var begin = time.GetTimestamp();
        var hadPrimary = PickPrimary() >= 0;
        while (!HasLaterPrimary(generation)
            && !hosts.Any(host => host.State is { IsInRotation: true } state && state.Horizon >= horizon))
        {
            if (hadPrimary && PickPrimary() < 0)
                return HorizonWait.PrimaryLost;
            if (horizon - NewestHorizon > limit + limit || time.GetElapsedTime(begin) >= limit)
                return HorizonWait.TimedOut;
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellationToken).ConfigureAwait(false);
        }

        return HorizonWait.Reached;
    }

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private bool HasLaterPrimary(int generation) =>
        Known.Generation > generation && IsPrimaryKnownSince(long.MinValue);

    private bool HasFailedRecently(HostStatus host) =>
        host.LastFailedReadAt is > long.MinValue and var at && time.GetElapsedTime(at) < FailedReadPenalty;
}
