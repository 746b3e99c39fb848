using Terse.Fleet;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.Tests.Storage;

public sealed class PostgresFleetHostsTests
{
    [Theory]
    [InlineData(HostRole.Primary, 2, 0, false, FleetHostState.Primary)]
    [InlineData(HostRole.Primary, 1, 0, false, FleetHostState.OtherTimeline)]
    [InlineData(HostRole.Primary, 2, 1, false, FleetHostState.Unreachable)]
    [InlineData(HostRole.Replica, 2, 0, true, FleetHostState.InRotation)]
    [InlineData(HostRole.Replica, 2, 0, false, FleetHostState.Lagging)]
    [InlineData(HostRole.Replica, 1, 0, true, FleetHostState.OtherTimeline)]
    [InlineData(HostRole.Replica, 2, 1, true, FleetHostState.Unreachable)]
    [InlineData(HostRole.Unknown, 0, 0, false, FleetHostState.Unreachable)]
    internal void The_state_of_a_host_follows_from_its_last_probe(
        HostRole role, int timeline, int failures, bool isInRotation, FleetHostState expected)
    {
        var identity = new ClusterIdentity(1, timeline, Guid.Empty);
        var probed = new HostState(role, identity, DateTimeOffset.UnixEpoch, failures, isInRotation, null);

        Assert.Equal(expected, PostgresFleetHosts.StateOf(probed, new(1, Timeline: 2, Guid.Empty)));
    }
}
