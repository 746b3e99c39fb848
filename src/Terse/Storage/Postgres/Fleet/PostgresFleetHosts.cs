using Terse.Fleet;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>What the last looks at the hosts mean to those who operate them.</summary>
internal static class PostgresFleetHosts
{
    public static IReadOnlyList<FleetHost> Show(Cluster cluster)
    {
        var seen = cluster.Hosts.Select(host => (Host: host, host.State)).ToList();
        var newest = seen.Max(host => host.State.Horizon);
        return [.. seen.Select(host => Show(host.Host, host.State, newest, cluster.Timeline))];
    }

    /// <param name="seen">What the last look at a host saw.</param>
    /// <param name="timeline">The present primary's.</param>
    public static FleetHostState StateOf(HostState seen, int timeline)
    {
        if (!seen.IsReachable)
            return FleetHostState.Unreachable;
        if (seen.Timeline != timeline)
            return FleetHostState.OtherTimeline;
        if (seen.Role == HostRole.Primary)
            return FleetHostState.Primary;
        return seen.IsInRotation ? FleetHostState.InRotation : FleetHostState.Lagging;
    }

    private static FleetHost Show(DatabaseHost host, HostState seen, DateTimeOffset newest, int timeline)
    {
        var isKnown = seen.Horizon > DateTimeOffset.MinValue;
        return new(
            host.Name,
            RoleOf(seen.Role),
            StateOf(seen, timeline),
            isKnown ? seen.Horizon.UtcDateTime : null,
            isKnown ? Math.Round((newest - seen.Horizon).TotalSeconds, 3) : null,
            seen.Timeline > 0 ? seen.Timeline : null,
            host.ReadsInFlight,
            seen.Error);
    }

    private static FleetHostRole RoleOf(HostRole role) => role switch
    {
        HostRole.Primary => FleetHostRole.Primary,
        HostRole.Replica => FleetHostRole.Replica,
        _ => FleetHostRole.Unknown,
    };
}
