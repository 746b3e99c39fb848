using System.Collections.Immutable;

namespace Terse.Aws.Settings;

/// <summary>
/// One of the three sizes of an installation. A size is a starting point: every number can be changed here.
/// </summary>
internal sealed record FleetSize
{
    public required string Name { get; init; }

    /// <summary>The number of availability zones, 2 or 3. Each zone has a server at least.</summary>
    public required int Zones { get; init; }

    /// <summary>The servers of each zone that always run.</summary>
    public required int ServersPerZone { get; init; }

    /// <summary>The most servers of all zones together, without those of an update.</summary>
    public required int MaxServers { get; init; }

    /// <summary>
    /// The instance types of the servers with Arm processors, the preferred one first. Several types make it
    /// likely that a zone has one of them.
    /// </summary>
    public required ImmutableArray<string> ArmTypes { get; init; }

    /// <summary>The instance types of the servers with x64 processors, the preferred one first.</summary>
    public required ImmutableArray<string> X64Types { get; init; }

    /// <summary>
    /// The share of Spot instances among the servers beyond <see cref="MinServers"/>, in percent. AWS takes
    /// them back at a notice of two minutes.
    /// </summary>
    public required int SpotPercentage { get; init; }

    /// <summary>The instance type of the primary, its standby and the replicas, without <c>db.</c>.</summary>
    public required string DatabaseType { get; init; }

    public required int Replicas { get; init; }

    /// <summary>The disk of each database in GiB. RDS enlarges it up to four times this size.</summary>
    public required int DatabaseGigabytes { get; init; }

    /// <summary><c>max_connections</c> of each database.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>
    /// <c>Ids:NodeBits</c>: 2 to the power of it is the most servers, with those of an update.
    /// </summary>
    public required int NodeBits { get; init; }

    /// <summary>The requests a minute and server above which the group adds servers.</summary>
    public required int RequestsPerServer { get; init; }

    /// <summary>The requests in 5 minutes above which the firewall blocks an address, at least 100.</summary>
    public required int RequestsPerAddress { get; init; }

    /// <summary>The redirects a second that the cost estimate assumes, on average over the month.</summary>
    public required int RedirectsPerSecond { get; init; }

    public int MinServers => Zones * ServersPerZone;

    /// <summary>The most servers during an update, which runs up to 150 % of them.</summary>
    public int MaxServersInUpdate => (MaxServers * 3 + 1) / 2;
}
