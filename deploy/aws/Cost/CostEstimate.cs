using Terse.Aws.Settings;

namespace Terse.Aws.Cost;

/// <summary>A line of an estimate.</summary>
/// <param name="Part">What is paid for, such as <c>servers</c>.</param>
/// <param name="Item">Its name in <c>prices.json</c>.</param>
/// <param name="Count">How many of them.</param>
/// <param name="Monthly">US dollars a month.</param>
internal sealed record CostLine(string Part, string Item, decimal Count, decimal Monthly);

/// <summary>
/// What an installation costs a month: with its smallest number of servers, and the load of <see
/// cref="FleetSize.RedirectsPerSecond"/>. Traffic between zones, backups beyond the size of the database, and
/// support are left out.
/// </summary>
internal static class CostEstimate
{
    private const int SecondsPerMonth = 730 * 3600;
    private const int ServerDisk = 20;
    private const int Endpoints = 3;

    /// <summary>An answer with its headers and its share of TLS.</summary>
    private const int BytesPerRedirect = 1_000;

    /// <summary>What the agent sends for each scrape of a server, twice a minute.</summary>
    private const int BytesPerScrape = 20_000;

    /// <summary>
    /// The series that <c>image/cloudwatch-agent.json</c> makes: 5 plain ones, and labelled ones.
    /// </summary>
    private const int Series = 17;

    /// <summary>A capacity unit serves 25 new connections a second; each redirect is taken as one.</summary>
    private const int PerUnit = 25;

    public static IReadOnlyList<CostLine> Of(FleetSize size, PriceList prices)
    {
        var databases = size.Replicas + 2; // The standby costs as much as the primary.
        var gateways = size == FleetSizes.Small ? 1 : size.Zones;
        var requests = (decimal)size.RedirectsPerSecond * SecondsPerMonth;
        const decimal Gigabyte = 1_000_000_000;
        (string Part, string Item, decimal Count)[] parts =
        [
            ("servers", size.ArmTypes[0], size.MinServers),
            ("servers", "GB of a server's disk", size.MinServers * ServerDisk),
            ("databases", $"db.{size.DatabaseType}", databases),
            ("databases", "GB of a database's disk", databases * size.DatabaseGigabytes),
            ("databases", "secret", 1),
            ("balancer", "load balancer", 1),
            ("balancer", "load balancer capacity unit", Math.Max(1, size.RedirectsPerSecond / PerUnit)),
            ("firewall", "firewall with a rule", 1),
            ("firewall", "million requests through the firewall", requests / 1_000_000),
            ("network", "NAT gateway", gateways),
            ("network", "interface endpoint in a zone", Endpoints * size.Zones),
            ("network", "GB to the internet", requests * BytesPerRedirect / Gigabyte),
            ("monitoring", "alarm", 8 + size.Zones),
            ("monitoring", "metric", Series),
            ("monitoring", "dashboard", 1),
            ("monitoring", "key", 1),
            ("monitoring", "GB of logs", size.MinServers * SecondsPerMonth / 30m * BytesPerScrape / Gigabyte),
        ];
        return [.. parts.Select(part => new CostLine(
            part.Part, part.Item, part.Count, part.Count * prices.Of(part.Item)))];
    }
}
