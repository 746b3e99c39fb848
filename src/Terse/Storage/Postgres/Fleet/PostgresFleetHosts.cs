using Terse.Fleet;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>Describes the PostgreSQL hosts for operators, according to the last probe of each host.</summary>
internal static class PostgresFleetHosts
{
    public static IReadOnlyList<FleetHost> Show(Cluster cluster)
    {
        var hosts = cluster.Hosts.Select(host => (Host: host, host.State)).ToList();
        var current = cluster.Primary.Identity;
        var newest = hosts.Where(host => host.State.Identity.IsSame(current))
            .Select(host => host.State.Horizon)
            .DefaultIfEmpty()
            .Max();
        return [.. hosts.Select(host => Show(host.Host, host.State, newest, current))];
    }

    /// <param name="probed">The result of the last probe of the host.</param>
    /// <param name="current">The identity of the current primary.</param>
    public static FleetHostState StateOf(HostState probed, ClusterIdentity current)
    {
        if (!probed.IsReachable)
            return FleetHostState.Unreachable;
        if (!probed.Identity.IsSame(current))
            return FleetHostState.OtherTimeline;
        if (probed.Role == HostRole.Primary)
            return FleetHostState.Primary;
        return probed.IsInRotation ? FleetHostState.InRotation : FleetHostState.Lagging;
    }

    private static FleetHost Show(
        DatabaseHost host, HostState probed, DateTimeOffset newest, ClusterIdentity current)
    {
        var hasHorizon = probed.Horizon > DateTimeOffset.MinValue;
        return new(
            host.Name,
            RoleOf(probed.Role),
            StateOf(probed, current),
            hasHorizon ? probed.Horizon.UtcDateTime : null,
            hasHorizon && probed.Identity.IsSame(current)
                ? Math.Round((newest - probed.Horizon).TotalSeconds, 3)
                : null,
            probed.Identity.Timeline is > 0 and var timeline ? timeline : null,
            host.ReadsInFlight,
            probed.Error ?? probed.PoolerError);
    }

    private static FleetHostRole RoleOf(HostRole role) => role switch
    {
        HostRole.Primary => FleetHostRole.Primary,
        HostRole.Replica => FleetHostRole.Replica,
        _ => FleetHostRole.Unknown,
    };
}
