using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// Looks up links on simulated hosts for one server. The server's real registry chooses the host. The
/// simulation can run other tasks between this choice, the snapshot of the statement, the end of the
/// statement, and the response. Some responses are lost.
/// </summary>
internal sealed class SimulatedLookups(
    SimulatedServer server,
    SimulatedCluster cluster,
    HostRegistry registry,
    HorizonSabotage sabotage,
    Random random) : ILinkLookups
{
    private readonly HashSet<string> _askedOfPrimary = new(StringComparer.Ordinal);

    public int Generation => registry.Known.Generation;

    public bool IsPrimaryKnown => registry.IsPrimaryKnownSince(long.MinValue);

    public bool CanReachHost => registry.HasReadableHost;

    public IBatcher<LinkName, LookupResult> Any => new SingleCalls(this, Freshness.Any);

    public IBatcher<LinkName, LookupResult> Latest => new SingleCalls(this, Freshness.Latest);

    public IBatcher<LinkName, LookupResult> Missing => Latest;

    public IBatcher<LinkName, Fence> Fences { get; } =
        new SimulatedFences(server, cluster, registry, sabotage, random);

    public IReadOnlyList<int> Replicas => registry.ReplicasInRotation;

    public bool WasAskedOfPrimary(string code) => _askedOfPrimary.Contains(code);

    public Task<LookupResult> LookUpAsync(
        LinkName name, DateTimeOffset horizon, CancellationToken cancellationToken) =>
        LookUpAsync(Freshness.AtLeast(horizon), name.Code);

    public Task<HorizonWait> WaitForHorizonAsync(
        DateTimeOffset horizon, int generation, TimeSpan limit, CancellationToken cancellationToken) =>
        registry.WaitForHorizonAsync(horizon, generation, limit, cancellationToken);

    public async Task<IReadOnlyList<LookupResult>> LookUpReplayedAsync(
        int replica, Func<long, IReadOnlyList<LinkName>> pick)
    {
        var host = cluster.Hosts[replica];
        await server.StepAsync();
        AssertReplica(host);
        var starts = host.Starts;
        var early = sabotage == HorizonSabotage.PositionInSnapshot ? host.TakeSnapshot() : null;
        if (early is not null)
            await server.StepAsync();
        var names = pick(host.Replayed);
        if (names.Count == 0)
            return [];
        await server.StepAsync();
        AssertReplica(host);
        var results = names.Select(name => (early ?? host.LookUp)(name.Code, HostRole.Replica)).ToList();
        var shownTimeline = host.ShownTimeline;
        await server.StepAsync();
        if (host.Starts != starts || !cluster.Reaches(server.Timeline, host) || random.Next(60) == 0)
            throw new HostUnavailableException("The reply is lost.");
        return results.ConvertAll(result => result with
        {
            Generation = GenerationOf(host, result, shownTimeline),
            IsReplica = host.Role == HostRole.Replica,
        });
    }

    private async Task<LookupResult> LookUpAsync(Freshness freshness, string code)
    {
        if (freshness.IsLatest)
            _askedOfPrimary.Add(code);
        using var read = new HostRead(registry, freshness);
        while (true)
        {
            try
            {
                return await LookUpAsync(read, code);
            }
            catch (Exception exception) when (HostRead.IsLost(exception))
            {
                read.Move(exception);
            }
        }
    }

    private async Task<LookupResult> LookUpAsync(HostRead read, string code)
    {
        var host = cluster.Hosts[read.Host];
        var probedRole = read.State.Role;
        await server.StepAsync();
        AssertReached(host);
        var (result, shownTimeline) = (host.LookUp(code, probedRole), host.ShownTimeline);
        await server.StepAsync();
        AssertReached(host);
        result = result with
        {
            Generation = GenerationOf(host, result, shownTimeline),
            IsReplica = host.Role == HostRole.Replica,
        };
        if (sabotage == HorizonSabotage.TwoStatements)
            result = result with { ClosedAt = host.ClosedAt };
        await server.StepAsync();
        if (random.Next(60) == 0)
            throw new IOException("The reply is lost.");
        return result;
    }

    /// <summary>
    /// Returns the generation as the real SQL statement does: a primary whose snapshot shows an earlier
    /// timeline has not beaten yet and matches no generation; on a replica, the timeline comes from the
    /// snapshot.
    /// </summary>
    private int GenerationOf(SimulatedHost host, LookupResult result, int shownTimeline) =>
        sabotage == HorizonSabotage.NoTimeline ? 0
        : host.Role == HostRole.Primary && shownTimeline != host.Timeline ? 0
        : server.GenerationOf(host.Role == HostRole.Primary ? shownTimeline : result.Generation);

    private void AssertReplica(SimulatedHost host)
    {
        if (host.Role != HostRole.Replica || !cluster.Reaches(server.Timeline, host))
            throw new HostUnavailableException("The replica is lost.");
    }

    private void AssertReached(SimulatedHost host)
    {
        if (!cluster.Reaches(server.Timeline, host))
            throw new IOException("The host is lost.");
    }

    /// <summary>
    /// Sends each lookup alone. The real batcher would need threads, and a simulation has none.
    /// </summary>
    private sealed class SingleCalls(SimulatedLookups lookups, Freshness freshness)
        : IBatcher<LinkName, LookupResult>
    {
        public Task<LookupResult> CallAsync(LinkName call, CancellationToken cancellationToken) =>
            lookups.LookUpAsync(freshness, call.Code);
    }
}
