using Microsoft.Extensions.Time.Testing;
using Terse.Fleet;

namespace Terse.Tests.Fleet;

public sealed class LagMeterTests
{
    private static readonly DateTime Begin = new(2026, 11, 27, 12, 0, 0, DateTimeKind.Utc);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly LagMeter _meter;
    private readonly List<LagMinute> _ended = [];
    private DateTime _primary = Begin;

    public LagMeterTests() => _meter = new LagMeter(_time);

    [Fact]
    public void A_minute_has_the_longest_lag_and_the_time_beyond_each_bound()
    {
        Measure(0);
        Measure(20, lag: 0.3);
        Measure(10, lag: 4);
        Measure(3, lag: 11);
        Measure(2, lag: 61);
        Measure(30, lag: 1);

        var minute = Assert.Single(_ended);
        Assert.Equal(("db2", Begin), (minute.Host, minute.Begin.UtcDateTime));
        Assert.Equal((59, 61), (minute.Measured, minute.Longest));
        Assert.Equal([15, 5, 5, 2], minute.Beyond);
    }

    [Fact]
    public void Each_minute_begins_again()
    {
        Measure(0);
        Measure(70, lag: 20);
        Measure(60, lag: 0);

        Assert.Equal([20, 20], _ended.Select(minute => minute.Longest));
        Assert.Equal([59, 60], _ended.Select(minute => minute.Measured));
        Assert.Equal([59, 11], _ended.Select(minute => minute.Beyond[0]));
        Assert.Equal(
            [Begin, Begin.AddMinutes(1)], _ended.Select(minute => minute.Begin.UtcDateTime));
    }

    [Theory]
    [InlineData(FleetHostRole.Replica, FleetHostState.Unreachable, 1.0)]
    [InlineData(FleetHostRole.Replica, FleetHostState.OtherTimeline, null)]
    [InlineData(FleetHostRole.Primary, FleetHostState.Primary, 0.0)]
    [InlineData(FleetHostRole.Unknown, FleetHostState.Unreachable, null)]
    internal void Only_the_lag_of_a_replica_that_can_be_reached_is_known(
        FleetHostRole role, FleetHostState state, double? lag)
    {
        for (var second = 0; second < 70; second++)
        {
            FleetHost other = new("db2", role, state, _primary, lag, 1, 0, null);
            Advance([HostOf("db1", 0, FleetHostRole.Primary), other]);
        }

        Assert.Empty(_ended);
    }

    [Fact]
    public void The_time_of_a_suspended_server_is_not_measured()
    {
        Measure(0);
        Measure(10);
        _time.Advance(TimeSpan.FromSeconds(20));
        _primary = _primary.AddSeconds(20);
        Measure(31);

        Assert.Equal(10 + 2 + 28, Assert.Single(_ended).Measured);
    }

    [Fact]
    public void While_the_primary_is_lost_the_clock_goes_on()
    {
        Measure(0);
        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Add([HostOf("db2", 0)]);
        }

        Assert.Equal(59, Assert.Single(_ended).Measured);
    }

    /// <summary>
    /// The horizon stands at 12:00:59.9 for a second, then it is 12:00:59.95: the server has begun the next
    /// minute too early.
    /// </summary>
    [Fact]
    public void A_minute_that_has_ended_does_not_begin_again()
    {
        _primary = Begin.AddSeconds(59.9);
        Measure(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        Add([HostOf("db2", 0)]);
        _primary = Begin.AddSeconds(59.95);
        Measure(0);
        Measure(61);

        Assert.Equal(
            [Begin, Begin.AddMinutes(1)], _ended.Select(minute => minute.Begin.UtcDateTime));
    }

    [Fact]
    public void A_primary_whose_clock_is_hours_behind_begins_an_earlier_minute()
    {
        Measure(0);
        Measure(5);
        _primary = Begin.AddHours(-2);
        Measure(2);
        _primary = Begin.AddHours(-1);
        Measure(1);

        Assert.Equal(
            [Begin, Begin.AddHours(-2)], _ended.Select(minute => minute.Begin.UtcDateTime));
    }

    [Fact]
    public void Without_hosts_nothing_is_measured()
    {
        for (var second = 0; second < 70; second++)
            Advance([]);

        Assert.Empty(_ended);
    }

    /// <summary>Measures once a second; without seconds, measures once.</summary>
    private void Measure(int seconds, double lag = 0)
    {
        if (seconds == 0)
            Add(Hosts(lag));
        for (var second = 0; second < seconds; second++)
            Advance(Hosts(lag));
    }

    private IReadOnlyList<FleetHost> Hosts(double lag) =>
        [HostOf("db1", 0, FleetHostRole.Primary), HostOf("db2", lag)];

    private void Advance(IReadOnlyList<FleetHost> hosts)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        _primary = _primary.AddSeconds(1);
        Add([.. hosts.Select(host => host with { Horizon = host.Horizon?.AddSeconds(1) })]);
    }

    private void Add(IReadOnlyList<FleetHost> hosts) => _ended.AddRange(_meter.Measure(hosts));

    private FleetHost HostOf(string name, double lag, FleetHostRole role = FleetHostRole.Replica) => new(
        name,
        role,
        role == FleetHostRole.Primary ? FleetHostState.Primary : FleetHostState.InRotation,
        _primary.AddSeconds(-lag),
        lag,
        Timeline: 1,
        ReadsInFlight: 0,
        Error: null);
}
