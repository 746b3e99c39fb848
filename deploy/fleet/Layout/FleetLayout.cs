using System.Collections.Immutable;
using System.Globalization;

namespace Terse.FleetTool;

/// <summary>Which parts a fleet has, and where they are. The file <c>layout</c> keeps it.</summary>
/// <param name="Port">The port of the balancer. The other ports follow it, unless they are noted.</param>
/// <param name="Servers">The number of Terse servers, 1 to 9.</param>
/// <param name="Replicas">The number of replicas beside the primary, 0 to 5.</param>
/// <param name="IsObserved">True if a Prometheus watches the servers.</param>
internal sealed record FleetLayout(int Port, int Servers, int Replicas, bool IsObserved)
{
    public const int MaxServers = 9;
    public const int MaxReplicas = 5;

    /// <summary>The name under which the port for etcd's own connections is noted.</summary>
    public const string PeerName = "peer";

    public static FleetLayout Default { get; } = new(8080, 3, 2, IsObserved: false);

    /// <summary>The noted ports, by the name of the part; <c>metrics1</c> is a port of server1.</summary>
    public ImmutableSortedDictionary<string, int> Ports { get; init; } =
        ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>The zones that servers and databases belong to, one after another; empty without zones.
    /// </summary>
    public ImmutableArray<string> Zones { get; init; } = [];

    /// <summary>The programs of servers that do not run the usual one, by the name of the server.</summary>
    public ImmutableSortedDictionary<string, string> Programs { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public FleetPart Balancer => new("balancer", PartKind.Balancer, PortOf("balancer"));

    public IEnumerable<FleetPart> ServerParts =>
        from number in Enumerable.Range(1, Servers) select Numbered("server", number, PartKind.Server);

    public IEnumerable<FleetPart> DatabaseParts =>
        from number in Enumerable.Range(1, Replicas + 1) select Numbered("db", number, PartKind.Database);

    /// <summary>The Prometheus; null if the fleet is not observed.</summary>
    public FleetPart? Monitor =>
        IsObserved ? new("prometheus", PartKind.Monitor, PortOf("prometheus")) : null;

    /// <summary>True if the databases run under Patroni, which replaces a primary that was killed.</summary>
    public bool HasPatroni { get; init; }

    /// <summary>True if Patroni lets a commit wait until a replica has it, too.</summary>
    public bool IsSynchronous { get; init; }

    /// <summary>The etcd in which Patroni keeps who is the primary; null without Patroni.</summary>
    public FleetPart? Store => HasPatroni ? new("etcd", PartKind.Store, PortOf("etcd")) : null;

    public IEnumerable<FleetPart> Parts =>
    [
        Balancer, .. ServerParts, .. DatabaseParts, .. new[] { Monitor, Store }.OfType<FleetPart>(),
    ];

    /// <summary>The names of all ports of the fleet.</summary>
    public IEnumerable<string> PortNames =>
    [
        .. Parts.Select(part => part.Name),
        .. ServerParts.Select(MetricsName),
        .. HasPatroni ? DatabaseParts.Select(PatroniName).Append(PeerName) : [],
    ];

    public int PortOf(string name) => Ports.TryGetValue(name, out var port) ? port : UsualPortOf(name);

    /// <summary>The host and port of the metrics of a server.</summary>
    public string MetricsOf(FleetPart server) => $"127.0.0.1:{PortOf(MetricsName(server))}";

    /// <summary>Returns the layout in which a server runs a program; the usual program if it is null.
    /// </summary>
    public FleetLayout WithProgram(FleetPart server, string? program) => this with
    {
        Programs = program is null ? Programs.Remove(server.Name) : Programs.SetItem(server.Name, program),
    };

    /// <summary>The name under which the port for a server's metrics is noted.</summary>
    public static string MetricsName(FleetPart server) => "metrics" + server.Name["server".Length..];

    /// <summary>The name under which the port of a database's Patroni is noted.</summary>
    public static string PatroniName(FleetPart database) => "patroni" + database.Name["db".Length..];

    private FleetPart Numbered(string prefix, int number, PartKind kind)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}");
        return new(name, kind, PortOf(name), Zones.IsEmpty ? null : Zones[(number - 1) % Zones.Length]);
    }

    /// <summary>
    /// The ports are consecutive: the balancer, the servers, the databases, the metrics of each server,
    /// Prometheus, etcd and Patroni.
    /// </summary>
    private int UsualPortOf(string name)
    {
        var prefix = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        var number = prefix == name ? 0 : int.Parse(name[prefix.Length..], CultureInfo.InvariantCulture);
        var last = Port + Servers + Replicas + 1 + Servers;
        return prefix switch
        {
            "balancer" => Port,
            "server" => Port + number,
            "db" => Port + Servers + number,
            "metrics" => Port + Servers + Replicas + 1 + number,
            "prometheus" => last + 1,
            "etcd" => last + 2,
            PeerName => last + 3,
            "patroni" => last + 3 + number,
            _ => throw new ArgumentException($"No part is called {name}.", nameof(name)),
        };
    }
}
