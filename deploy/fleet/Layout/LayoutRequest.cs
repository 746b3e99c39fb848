using System.Collections.Immutable;

namespace Terse.FleetTool;

/// <summary>What the user asks for. Null keeps the present value.</summary>
internal sealed record LayoutRequest(
    int? Port, int? Servers, int? Replicas, bool? IsObserved, ImmutableArray<string>? Zones, bool? HasPatroni)
{
    /// <summary>True to let Patroni keep a synchronous replica.</summary>
    public bool? IsSynchronous { get; init; }

    /// <summary>Decides the layout that a fleet gets.</summary>
    /// <param name="current">The layout of the fleet; null if there is none.</param>
    /// <param name="isRunning">Whether a part of the fleet is alive.</param>
    /// <param name="hosts">The databases that have data.</param>
    /// <exception cref="FleetException">This fleet cannot change in that way.</exception>
    public FleetLayout Apply(FleetLayout? current, bool isRunning, IReadOnlyCollection<string> hosts)
    {
        var wanted = Change(current ?? FleetLayout.Default);
        if (wanted is { IsSynchronous: true } and ({ HasPatroni: false } or { Replicas: 0 }))
            throw new FleetException("--synchronous needs --failover patroni and at least one replica.");
        if (current is null || LayoutFile.Format(wanted) == LayoutFile.Format(current))
            return wanted;
        if (isRunning)
        {
            throw new FleetException(
                $"This fleet runs {(current.IsObserved ? "observed" : "unobserved")}, with {current.Servers} "
                + $"servers and {current.Replicas} replicas on port {current.Port}. To change this, stop it "
                + "first: ./fleet down. Servers are added and removed while it runs: ./fleet scale");
        }

        if (wanted.Port != current.Port && hosts.Count > 0)
        {
            throw new FleetException(
                $"The short URLs of this fleet carry port {current.Port}, so it keeps this port. Leave out "
                + "--port, or start another fleet: --data DIR");
        }

        if (wanted.HasPatroni != current.HasPatroni && hosts.Count > 0)
        {
            throw new FleetException(
                $"The databases of this fleet run {(current.HasPatroni ? "under" : "without")} Patroni. "
                + "Leave out --failover, or start another fleet: --data DIR");
        }

        if (wanted.IsSynchronous != current.IsSynchronous && hosts.Count > 0)
        {
            throw new FleetException(
                "Patroni already keeps its settings. Change synchronous_mode there: patronictl edit-config");
        }

        if (hosts.Except(wanted.DatabaseParts.Select(host => host.Name), StringComparer.Ordinal).Any())
        {
            throw new FleetException(
                $"This fleet has {current.Replicas} replicas. More replicas are possible, fewer are not: any "
                + "database may be the primary.");
        }

        return wanted;
    }

    private FleetLayout Change(FleetLayout current)
    {
        var port = Port ?? current.Port;
        var size = (Servers: Servers ?? current.Servers, Replicas: Replicas ?? current.Replicas);
        return new(port, size.Servers, size.Replicas, IsObserved ?? current.IsObserved)
        {
            Ports = port == current.Port ? current.Ports : current.Ports.Clear(),
            Programs = current.Programs,
            Zones = Zones ?? current.Zones,
            HasPatroni = HasPatroni ?? current.HasPatroni,
            IsSynchronous = IsSynchronous ?? current.IsSynchronous,
        };
    }
}
