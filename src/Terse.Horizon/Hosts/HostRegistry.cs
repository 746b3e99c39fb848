namespace Terse.Horizon;

/// <summary>
/// What the looks at all hosts come to: who is in rotation, which timeline is the present one, who answers.
/// It talks to no host itself, so that it runs over simulated ones as well. Safe for use by any number of
/// threads.
/// </summary>
/// <param name="hosts">All hosts; they are named by their place in this list.</param>
/// <param name="options">The limits.</param>
/// <param name="time">For waiting.</param>
/// <param name="random">Picks among equals.</param>
internal sealed class HostRegistry(
    IReadOnlyList<HostStatus> hosts, ClusterOptions options, TimeProvider time, Random random)
{
    /// <summary>
    /// How long others are asked first after a read failed on a host. A look may go well where reads hang,
    /// such as on a disk that stands still.
    /// </summary>
    private static readonly TimeSpan Suspicion = TimeSpan.FromSeconds(5);

    private readonly Lock _judging = new();
    private int _timeline;

    /// <summary>The latest timeline that any host ever showed. It never falls.</summary>
    public int Timeline => Volatile.Read(ref _timeline);

    /// <inheritdoc cref="Cluster.HasReadableHost"/>
    public bool HasReadableHost => hosts.Any(host =>
        host.State.Role != HostRole.Unknown && host.State.Failures < options.FailedProbes);

    /// <summary>
    /// Takes in what a look saw. Each look may change what others are worth, such as when the primary went
    /// ahead.
    /// </summary>
    public void Judge(HostStatus host, HostState seen)
    {
        lock (_judging)
        {
            host.State = seen with { IsInRotation = host.State.IsInRotation };
            Volatile.Write(ref _timeline, Math.Max(_timeline, seen.Timeline));
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

    /// <summary>Takes in that a look failed; what the one before saw is kept.</summary>
    public void JudgeFailed(HostStatus host, string error) =>
        Judge(host, host.State with { Failures = host.State.Failures + 1, Error = error });

    /// <summary>The host to write to, or −1.</summary>
    public int PickPrimary() => Router.PickPrimary([.. hosts.Select(host => host.State)], options);

    /// <summary>
    /// Runs a read on a host that is fresh enough, and once elsewhere where that turns out dead.
    /// </summary>
    /// <exception cref="HostUnavailableException">No host that is fresh enough can be reached.</exception>
    public async Task<TResult> ReadAsync<TArgument, TResult>(
        Freshness freshness,
        TArgument argument,
        Func<int, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken)
    {
        var failed = -1;
        while (true)
        {
            var picked = PickRead(freshness, except: failed);
            var host = hosts[picked];
            host.BeginRead();
            try
            {
                return await work(picked, argument, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (HostUnavailableException.IsMeantBy(exception))
            {
                host.SuspectSince = time.GetTimestamp();
                if (failed >= 0)
                    throw HostUnavailableException.Of(host.Name, exception);
                failed = picked;
            }
            finally
            {
                host.EndRead();
            }
        }
    }

    /// <summary>Waits until a replica in rotation is complete up to an instant.</summary>
    /// <returns>False where that takes longer than <paramref name="limit"/>, or is bound to.</returns>
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

    private bool IsSuspect(HostStatus host) =>
        host.SuspectSince is > long.MinValue and var since && time.GetElapsedTime(since) < Suspicion;

    private int PickRead(Freshness freshness, int except)
    {
        Span<RouterView> views = new RouterView[hosts.Count];
        for (var host = 0; host < hosts.Count; host++)
            views[host] = new(hosts[host].State, hosts[host].ReadsInFlight, IsSuspect(hosts[host]));
        var picked = Router.PickRead(views, freshness, except, options, random);
        return picked >= 0
            ? picked
            : throw new HostUnavailableException("No database host that is fresh enough can be reached.");
    }
}
