using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// Requests a fence from the simulated primary for each call. The position of a fence is the number of
/// entries in the primary's log. Sometimes the request reaches a replaced primary, as over a virtual address.
/// </summary>
internal sealed class SimulatedFences(
    SimulatedServer server,
    SimulatedCluster cluster,
    HostRegistry registry,
    HorizonSabotage sabotage,
    Random random) : IBatcher<LinkName, Fence>
{
    private Fence? _last;

    public async Task<Fence> CallAsync(LinkName call, CancellationToken cancellationToken)
    {
        if (registry.PickPrimary() is not (>= 0 and var index))
            throw new HostUnavailableException("No primary can be reached.");
        var host = cluster.Hosts[index];
        await server.StepAsync();
        if (random.Next(2) == 0 || sabotage == HorizonSabotage.AnyTimelineOfFence)
            host = cluster.Hosts.FirstOrDefault(IsReplaced, host);
        AssertPrimary(host);
        var (position, hasBeaten) = (host.Log.Count, host.ShownTimeline == host.Timeline);
        var closedAt = host.ClosedAt;
        await server.StepAsync();
        AssertPrimary(host);
        await server.StepAsync();
        var generation = sabotage switch
        {
            HorizonSabotage.NoTimeline => 0,
            HorizonSabotage.AnyTimelineOfFence => server.Generation,
            _ => hasBeaten ? server.GenerationOf(host.Timeline) : 0,
        };
        if (random.Next(60) == 0 || (generation == 0 && sabotage != HorizonSabotage.NoTimeline))
            throw new HostUnavailableException("The reply is lost, or of another primary.");
        var fence = new Fence(generation, position, closedAt);
        if (sabotage != HorizonSabotage.EarlierFence)
            return fence;
        var last = _last ?? fence;
        _last = fence;
        return last;
    }

    private bool IsReplaced(SimulatedHost host) =>
        host != cluster.Primary && host.Role == HostRole.Primary && cluster.Reaches(server.Timeline, host);

    private void AssertPrimary(SimulatedHost host)
    {
        if (host.Role != HostRole.Primary || !cluster.Reaches(server.Timeline, host))
            throw new HostUnavailableException("The primary is lost.");
    }
}
