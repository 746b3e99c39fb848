using System.Diagnostics.Metrics;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Measures the database hosts and the horizon, as this server sees them. The attributes are the name and the
/// role of the host.
/// </summary>
internal sealed class ClusterMetrics(Cluster cluster, IMeterFactory meters, TimeProvider time)
    : IHostedService
{
    private readonly Meter _meter = Telemetry.MeterOf(meters);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge(
            "terse.host.up",
            () => ReadHosts(state => state.IsReachable ? 1 : 0),
            unit: null,
            "Whether the last probe of the database host succeeded.");
        _meter.CreateObservableGauge(
            "terse.host.in_rotation",
            () => ReadHosts(state => state.IsInRotation ? 1 : 0),
            unit: null,
            "Whether the database host is a replica that receives ordinary reads.");
        _meter.CreateObservableGauge(
            "terse.host.horizon.age",
            ReadAges,
            "s",
            "How long ago the horizon of the database host was the present time.");
        _meter.CreateObservableGauge(
            "terse.host.lag",
            ReadLags,
            "s",
            "How far the horizon of the database host is behind the newest one of all hosts.");
        _meter.CreateObservableCounter(
            "terse.beats", ReadBeats, "{beat}", "Tries of this server to move the horizon forward.");
        ObserveConnections("used", use => use.Used, "Connections to the database host that are in use.");
        ObserveConnections("limit", use => use.Limit, "Connections to the database host that may be in use.");
        ObserveConnections("waiting", use => use.Waiting, "Calls that wait for a connection to the host.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<int>> ReadHosts(Func<HostState, int> read) =>
        cluster.Hosts.Select(host => new Measurement<int>(read(host.State), AttributesOf(host)));

    /// <summary>Measures each kind of work alone, because it has connections of its own.</summary>
    private void ObserveConnections(string name, Func<ConnectionUse, int> read, string description) =>
        _meter.CreateObservableGauge(
            $"terse.host.connections.{name}",
            () => from host in cluster.Hosts
                  from use in host.Connections
                  select new Measurement<int>(
                      read(use),
                      new("terse.host", host.Name),
                      new("terse.connection.share", HostAttributes.NameOf(use.Share))),
            name == "waiting" ? "{call}" : "{connection}",
            description);

    private IEnumerable<Measurement<double>> ReadAges()
    {
        var now = time.GetUtcNow();
        return Known().Select(host => new Measurement<double>(
            (now - host.State.Horizon).TotalSeconds, AttributesOf(host)));
    }

    private IEnumerable<Measurement<double>> ReadLags()
    {
        var hosts = Known().ToList();
        var newest = hosts.Select(host => host.State.Horizon).DefaultIfEmpty().Max();
        return hosts.Select(host => new Measurement<double>(
            (newest - host.State.Horizon).TotalSeconds, AttributesOf(host)));
    }

    /// <summary>
    /// The hosts whose horizon is known and belongs to the present primary. The horizon of another primary
    /// says nothing about a lag.
    /// </summary>
    private IEnumerable<DatabaseHost> Known() => cluster.Hosts.Where(host =>
        host.State.Horizon > DateTimeOffset.MinValue
        && cluster.Primary.GenerationOf(host.State.Identity) != 0);

    private IEnumerable<Measurement<long>> ReadBeats() =>
    [
        new(cluster.Beats.Won, new KeyValuePair<string, object?>("terse.beat.outcome", "won")),
        new(cluster.Beats.Idle, new KeyValuePair<string, object?>("terse.beat.outcome", "idle")),
        new(cluster.Beats.Failed, new KeyValuePair<string, object?>("terse.beat.outcome", "failed")),
    ];

    private static KeyValuePair<string, object?>[] AttributesOf(DatabaseHost host) =>
    [
        new("terse.host", host.Name),
        new("terse.host.role", HostAttributes.NameOf(host.State.Role)),
    ];
}
