using Terse.Codes;

namespace Terse.Planning;

/// <summary>
/// Computes what a workload needs. The load of each part is a sum of products: how often something happens,
/// times what it costs there (<see cref="MeasuredCosts"/>). A processor may be busy for half of the time, so
/// that one of two zones carries the load of both. The load grows evenly: a plan says nothing about one link
/// that everybody follows, or about peaks, so plan with the busiest second.
/// </summary>
internal static class ScalePlanner
{
    /// <summary>How busy a processor may be.</summary>
    private const double Busy = 0.5;

    /// <summary>The largest disk of a host of Amazon RDS in gigabytes; a fifth stays free.</summary>
    private const double MaxDisk = 64 * 1099.5 * 0.8;

    /// <summary>The largest disk that a single machine should have for SQLite, in gigabytes.</summary>
    private const double MaxSqliteDisk = 1000;

    /// <summary>The read replicas of a database in Amazon RDS.</summary>
    private const int MaxReplicas = 15;

    /// <summary>
    /// The connections of a large host of Amazon RDS (5,000), less 13 for superusers and upkeep, divided by
    /// those of a server (<c>Database:MaxConnections</c>).
    /// </summary>
    private const int MaxServers = (5000 - 13) / 12;

    private const double Gigabyte = 1e9;
    private const double SecondsOfDay = 86_400;

    public static ScalePlan Plan(Workload load)
    {
        var single = SqliteLimits(load);
        if (single[0].Growth >= 1)
            return PlanSqlite(load, single);
        var limits = PostgresLimits(load);
        var installations = (int)Math.Ceiling(1 / limits[0].Growth);
        return PlanPostgres(load, installations, limits);
    }

    private static ScalePlan PlanSqlite(Workload load, IReadOnlyList<PlanLimit> limits)
    {
        var codes = CodesOf(load, servers: 1);
        var disk = DiskOf(load, MeasuredCosts.SqliteBytesOfLink);
        var costs = new PlanCosts(
            Prices.ServerHourly * Prices.HoursOfMonth,
            Databases: 0,
            disk * Prices.ServerGigabyte,
            Balancers: 0,
            TrafficOf(load),
            CdnOf(load));
        return new(
            "SQLite", 1, 1, 0, null, disk, codes.NodeBits, codes.SequenceBits, LengthOf(codes), costs,
            limits);
    }

    private static ScalePlan PlanPostgres(
        Workload load, int installations, IReadOnlyList<PlanLimit> limits)
    {
        var one = load.DividedBy(installations);
        var servers = Math.Max(2, Ceiling(ServersOf(one)));
        var (size, replicas) = Prices.Databases
            .Select(size => (size, ReplicasOf(one, size)))
            .First(pair => PrimaryCores(one) <= pair.size.Cores * Busy && pair.Item2 <= MaxReplicas
                || pair.size == Prices.Databases[^1]);
        var disk = DiskOf(one, MeasuredCosts.BytesOfLink);
        var hosts = installations * (2 + replicas); // The primary has a standby in another zone.
        var costs = new PlanCosts(
            installations * servers * Prices.ServerHourly * Prices.HoursOfMonth,
            hosts * size.Hourly * Prices.HoursOfMonth,
            hosts * disk * Prices.DatabaseGigabyte,
            (installations * Prices.BalancerHourly
                + load.Visits / Prices.ConnectionsOfBalancerUnit * Prices.BalancerUnitHourly)
                * Prices.HoursOfMonth,
            TrafficOf(load),
            CdnOf(load));
        var codes = CodesOf(one, servers);
        return new(
            "PostgreSQL", installations, servers, replicas, size.Name, disk, codes.NodeBits,
            codes.SequenceBits, LengthOf(codes), costs, limits);
    }

    private static List<PlanLimit> SqliteLimits(Workload load) => Sorted(
        new("processor of the machine", SqliteCores(load), Prices.ServerCores * Busy, "cores"),
        new("visits that SQLite counts", load.Visits, MeasuredCosts.SqliteVisits * Busy, "a second"),
        new("creations in SQLite", load.Creates, MeasuredCosts.SqliteCreations * Busy, "a second"),
        new("disk", DiskOf(load, MeasuredCosts.SqliteBytesOfLink), MaxSqliteDisk, "GB"));

    private static List<PlanLimit> PostgresLimits(Workload load)
    {
        var largest = Prices.Databases[^1];
        return Sorted(
            new("processor of the primary", PrimaryCores(load), largest.Cores * Busy, "cores"),
            new("replay on a replica, one core", ReplayCores(load), Busy, "cores"),
            new("disk of a database host", DiskOf(load, MeasuredCosts.BytesOfLink), MaxDisk, "GB"),
            new("connections to a host, by servers", ServersOf(load), MaxServers, "servers"),
            new("processors of the replicas", LookupCores(load), MaxReplicas * largest.Cores * Busy,
                "cores"));
    }

    private static List<PlanLimit> Sorted(params IEnumerable<PlanLimit> limits) =>
        [.. limits.OrderBy(limit => limit.Growth)];

    /// <summary>Returns how many servers have enough processors, and send the visits in time.</summary>
    private static double ServersOf(Workload load) => Math.Max(
        ServerCores(load) / (Prices.ServerCores * Busy),
        load.Visits / (MeasuredCosts.VisitsOfServer * Busy));

    private static double ServerCores(Workload load) =>
        load.Visits * MeasuredCosts.Redirect
        + load.Lookups * MeasuredCosts.LookupOnServer
        + load.Creates * MeasuredCosts.CreationOnServer;

    private static double PrimaryCores(Workload load) =>
        load.Creates * MeasuredCosts.CreationOnPrimary + load.Visits * MeasuredCosts.VisitOnPrimary;

    private static double ReplayCores(Workload load) =>
        load.Creates * MeasuredCosts.ReplayOfCreation + load.Visits * MeasuredCosts.ReplayOfVisit;

    private static double LookupCores(Workload load) => load.Lookups * MeasuredCosts.LookupOnReplica;

    private static double SqliteCores(Workload load) =>
        load.Visits * MeasuredCosts.Redirect
        + load.Lookups * MeasuredCosts.LookupInSqlite
        + load.Creates / MeasuredCosts.SqliteCreations
        + load.Visits * MeasuredCosts.VisitInSqlite;

    /// <summary>At least one, which takes over when the primary is lost.</summary>
    private static int ReplicasOf(Workload load, DatabaseSize size) =>
        Math.Max(1, Ceiling(LookupCores(load) / (size.Cores * Busy - Math.Min(Busy, ReplayCores(load)))));

    /// <summary>Returns the gigabytes of links and of single visits.</summary>
    private static double DiskOf(Workload load, double bytesOfLink) =>
        (load.Links * bytesOfLink
            + load.Visits * load.RetentionDays * SecondsOfDay * MeasuredCosts.BytesOfVisit) / Gigabyte;

    private static double TrafficOf(Workload load) => Prices.OfTraffic(
        load.Redirects * MeasuredCosts.BytesOfRedirect * Prices.HoursOfMonth * 3600 / Gigabyte);

    private static double CdnOf(Workload load) => load.HasCdn
        ? load.Redirects * Prices.HoursOfMonth * 3600 / 1e6 * Prices.CdnMillionRequests
        : 0;

    /// <summary>Plans the codes of an installation that creates at least one link an hour.</summary>
    private static CodePlan CodesOf(Workload load, int servers) =>
        new(servers, Math.Max(load.Creates, 1 / 3600.0), load.Years);

    private static int LengthOf(CodePlan codes) => codes.Strategies().First().Lengths[^1].Characters;

    private static int Ceiling(double count) => (int)Math.Ceiling(count);
}
