using Terse.Fleet;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>Describes the PostgreSQL hosts for operators, according to the last probe of each host.</summary>
internal static class PostgresFleetHosts
{
    public static IReadOnlyList<FleetHost> Show(Cluster cluster)
    {
        var hosts = cluster.Hosts.Select(host => (Host: host, host.State)).ToList();
        var newest = hosts.Max(host => host.State.Horizon);
        return [.. hosts.Select(host => Show(host.Host, host.State, newest, cluster.Timeline))];
    }

    /// <param name="probed">The result of the last probe of the host.</param>
    /// <param name="timeline">The timeline of the current primary.</param>
    public static FleetHostState StateOf(HostState probed, int timeline)
    {
        if (!probed.IsReachable)
            return FleetHostState.Unreachable;
        if (probed.Timeline != timeline)
            return FleetHostState.OtherTimeline;
        if (probed.Role == HostRole.Primary)
            return FleetHostState.Primary;
        return probed.IsInRotation ? FleetHostState.InRotation : FleetHostState.Lagging;
    }

    private static FleetHost Show(DatabaseHost host, HostState probed, DateTimeOffset newest, int timeline)
    {
        var hasHorizon = probed.Horizon > DateTimeOffset.MinValue;
        return new(
            host.Name,
            RoleOf(probed.Role),
            StateOf(probed, timeline),
            hasHorizon ? probed.Horizon.UtcDateTime : null,
            hasHorizon ? Math.Round((newest - probed.Horizon).TotalSeconds, 3) : null,
            probed.Timeline > 0 ? probed.Timeline : null,
            host.ReadsInFlight,
            probed.Error);
    }

    private static FleetHostRole RoleOf(HostRole role) => role switch
    {
        HostRole.Primary => FleetHostRole.Primary,
        HostRole.Replica => FleetHostRole.Replica,
        _ => FleetHostRole.Unknown,
    };
}
