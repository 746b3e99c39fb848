namespace Terse.Planning;

/// <summary>A size of a database host.</summary>
/// <param name="Name">Its name in Amazon RDS.</param>
/// <param name="Cores">Its virtual processors.</param>
/// <param name="Hourly">Its price in US dollars an hour, in one zone.</param>
internal sealed record DatabaseSize(string Name, int Cores, double Hourly);

/// <summary>
/// Example prices in US dollars, of the order of AWS's list prices on demand in us-east-1. Nobody keeps them
/// up to date: check them, and those of your region, before you decide anything.
/// </summary>
internal static class Prices
{
    public const double HoursOfMonth = 730;

    /// <summary>A server: <c>c7g.large</c>, 2 virtual processors, 4 GiB.</summary>
    public const double ServerHourly = 0.0725;

    public const int ServerCores = 2;

    /// <summary>The database hosts, from the smallest to the largest.</summary>
    public static readonly IReadOnlyList<DatabaseSize> Databases =
    [
        new("db.r7g.large", 2, 0.239),
        new("db.r7g.xlarge", 4, 0.478),
        new("db.r7g.2xlarge", 8, 0.956),
        new("db.r7g.4xlarge", 16, 1.912),
        new("db.r7g.8xlarge", 32, 3.824),
        new("db.r7g.16xlarge", 64, 7.648),
    ];

    /// <summary>A gigabyte of a database host's disk (gp3) for a month, in one zone.</summary>
    public const double DatabaseGigabyte = 0.115;

    /// <summary>A gigabyte of a server's disk (gp3) for a month.</summary>
    public const double ServerGigabyte = 0.08;

    /// <summary>An Application Load Balancer, without its use.</summary>
    public const double BalancerHourly = 0.0225;

    /// <summary>25 new connections a second to the load balancer (one LCU), for an hour.</summary>
    public const double BalancerUnitHourly = 0.008;

    public const double ConnectionsOfBalancerUnit = 25;

    /// <summary>A million requests with TLS to a CDN. Large customers get another price.</summary>
    public const double CdnMillionRequests = 1;

    /// <summary>Traffic to the internet: up to how many gigabytes a month, and the price of each.</summary>
    public static readonly IReadOnlyList<(double Until, double Gigabyte)> Traffic =
    [
        (10_000, 0.09), (50_000, 0.085), (150_000, 0.07), (double.PositiveInfinity, 0.05),
    ];

    /// <summary>Returns the price of the traffic of a month.</summary>
    public static double OfTraffic(double gigabytes)
    {
        var (price, from) = (0.0, 0.0);
        foreach (var (until, gigabyte) in Traffic)
        {
            price += Math.Max(0, Math.Min(gigabytes, until) - from) * gigabyte;
            from = until;
        }

        return price;
    }
}
