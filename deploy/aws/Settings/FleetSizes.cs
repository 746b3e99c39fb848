using System.Collections.Immutable;

namespace Terse.Aws.Settings;

/// <summary>The sizes <c>small</c>, <c>medium</c> and <c>large</c>.</summary>
internal static class FleetSizes
{
    public static readonly FleetSize Small = new()
    {
        Name = "small",
        Zones = 2,
        ServersPerZone = 1,
        MaxServers = 4,
        ArmTypes = ["t4g.small", "t4g.medium"],
        X64Types = ["t3.small", "t3.medium"],
        SpotPercentage = 0,
        DatabaseType = "t4g.medium",
        Replicas = 1,
        DatabaseGigabytes = 50,
        MaxConnections = 200,
        NodeBits = 5,
        RequestsPerServer = 30_000,
        RequestsPerAddress = 2_000,
        RedirectsPerSecond = 1,
    };

    public static readonly FleetSize Medium = new()
    {
        Name = "medium",
        Zones = 3,
        ServersPerZone = 1,
        MaxServers = 12,
        ArmTypes = ["c7g.large", "c6g.large", "m7g.large"],
        X64Types = ["c7i.large", "c6i.large", "m7i.large"],
        SpotPercentage = 50,
        DatabaseType = "m7g.large",
        Replicas = 2,
        DatabaseGigabytes = 200,
        MaxConnections = 400,
        NodeBits = 5,
        RequestsPerServer = 300_000,
        RequestsPerAddress = 5_000,
        RedirectsPerSecond = 100,
    };

    public static readonly FleetSize Large = new()
    {
        Name = "large",
        Zones = 3,
        ServersPerZone = 2,
        MaxServers = 30,
        ArmTypes = ["c7g.2xlarge", "c6g.2xlarge", "m7g.2xlarge"],
        X64Types = ["c7i.2xlarge", "c6i.2xlarge", "m7i.2xlarge"],
        SpotPercentage = 50,
        DatabaseType = "r7g.2xlarge",
        Replicas = 3,
        DatabaseGigabytes = 1_000,
        MaxConnections = 1_000,
        NodeBits = 7,
        RequestsPerServer = 1_200_000,
        RequestsPerAddress = 20_000,
        RedirectsPerSecond = 5_000,
    };

    public static readonly ImmutableArray<FleetSize> All = [Small, Medium, Large];
}
