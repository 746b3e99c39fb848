using Terse.Horizon;
using Terse.Links;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

/// <summary>
/// Lookups of a server on the simulated hosts, by its real board. Between picking a host, the snapshot, what
/// the statement reads besides, and the reply anything can happen; the reply may be lost.
/// </summary>
internal sealed class SimulatedLookups(
    SimulatedServer server,
    SimulatedCluster cluster,
    HostRegistry board,
    HorizonSabotage sabotage,
    Random random) : ILinkLookups
{
    private readonly HashSet<string> _askedOfPrimary = new(StringComparer.Ordinal);

    public int Timeline => board.Timeline;

    public bool WasAskedOfPrimary(string code) => _askedOfPrimary.Contains(code);

    public Task<LookupResult> LookAsync(
        Freshness freshness, LinkName name, CancellationToken cancellationToken)
    {
        if (freshness.IsLatest)
            _askedOfPrimary.Add(name.Code);
        return board.ReadAsync(freshness, name.Code, LookAsync, cancellationToken);
    }

    public Task<bool> WaitForHorizonAsync(
        DateTimeOffset horizon, TimeSpan limit, CancellationToken cancellationToken) =>
        board.WaitForHorizonAsync(horizon, limit, cancellationToken);

    private async Task<LookupResult> LookAsync(int index, string code, CancellationToken cancellationToken)
    {
        var host = cluster.Hosts[index];
        var before = server.Standings[index].State.Role;
        await server.StepAsync();
        AssertReached(host);
        var seen = host.Look(code, before);
        await server.StepAsync();
        AssertReached(host);
        seen = seen with { Timeline = TimelineOf(host, seen), IsInRecovery = host.Role == HostRole.Replica };
        if (sabotage == HorizonSabotage.TwoStatements)
            seen = seen with { ClosedAt = host.ClosedAt };
        await server.StepAsync();
        if (random.Next(60) == 0)
            throw new IOException("The reply is lost.");
        return seen;
    }

    /// <summary>
    /// Whether a host is in recovery, and a primary's timeline, are of the moment; all else of the snapshot.
    /// </summary>
    private int TimelineOf(SimulatedHost host, LookupResult seen) =>
        sabotage == HorizonSabotage.NoTimeline ? 0
        : host.Role == HostRole.Primary ? host.Timeline
        : seen.Timeline;

    private void AssertReached(SimulatedHost host)
    {
        if (!cluster.Reaches(server.Timeline, host))
            throw new IOException("The host is lost.");
    }
}
