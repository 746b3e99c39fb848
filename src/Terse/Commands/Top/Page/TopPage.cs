using System.Globalization;

namespace Terse.Commands;

/// <summary>
/// Lays out the page: totals, database hosts and servers. On a terminal, servers with problems come first, so
/// that they are seen also if not all servers fit.
/// </summary>
internal static class TopPage
{
    /// <summary>Returns a page for a terminal, which is never larger than the terminal.</summary>
    public static List<PageLine> ForTerminal(FleetFigures fleet, string address, int width, int height)
    {
        var (servers, dropped) = ServerTable.LayOut(
            fleet.Servers
                .OrderBy(server => server.State)
                .ThenBy(server => server.Name, StringComparer.Ordinal),
            width);
        var end = dropped == 0 ? "q ends" : $"q ends; {Some(dropped, "column")} of servers do not fit";
        var lines = Summary(fleet, address, width).ToList();
        // A third of the other lines for hosts; the head, a row and the number of the rest at least.
        var room = height - lines.Count - 3;
        var hosts = Limit(Hosts(fleet, width), Math.Max(3, room / 3), "host");
        lines.AddRange([PageLine.Empty, .. hosts, PageLine.Empty]);
        lines.AddRange(Limit(servers, Math.Max(3, height - lines.Count - 1), "server"));
        lines = [.. lines.Take(height - 1), new(new PageText(end, PageStyle.Dim))];
        return [.. lines.Select(line => line.Cut(width))];
    }

    /// <summary>Returns a page without limits for a script: all servers and all columns.</summary>
    public static List<PageLine> ForScript(FleetFigures fleet, string address) =>
    [
        .. Summary(fleet, address, int.MaxValue),
        PageLine.Empty,
        .. Hosts(fleet, int.MaxValue),
        PageLine.Empty,
        .. ServerTable.LayOut(fleet.Servers, int.MaxValue).Lines,
    ];

    private static List<PageLine> Hosts(FleetFigures fleet, int width) => fleet.Hosts.Count > 0
        ? HostTable.LayOut(fleet.Hosts, width)
        : [new(new PageText(HostsCommand.NoHosts, PageStyle.Dim))];

    /// <summary>Keeps the head and the first rows of a table, and says how many rows are not shown.</summary>
    private static List<PageLine> Limit(List<PageLine> table, int lines, string noun)
    {
        if (table.Count <= lines)
            return table;
        var missing = table.Count - (lines - 1);
        var rest = new PageText($"{Some(missing, $"more {noun}")} not shown", PageStyle.Warning);
        return [.. table.Take(lines - 1), new(rest)];
    }

    private static IEnumerable<PageLine> Summary(FleetFigures fleet, string address, int width)
    {
        var (rates, lookups) = (fleet.Totals, fleet.Totals?.Lookups);
        List<PageText> counts =
            [address, Some(fleet.Servers.Count, "server"), Some(fleet.Hosts.Count, "host")];
        counts.AddRange(fleet.Servers
            .Where(server => server.State != ServerState.Ready)
            .CountBy(server => server.State)
            .OrderBy(state => state.Key)
            .Select(state => new PageText(
                string.Create(CultureInfo.InvariantCulture, $"{state.Value} {ServerTable.NameOf(state.Key)}"),
                PageStyle.Bad)));
        counts.Add(fleet.ReadAt.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        return
        [
            .. PageLine.Flow("Fleet", counts, width),
            .. PageLine.Flow(
                "Requests",
                [
                    $"{PageNumber.Rate(rates?.Followed)}/s followed",
                    $"{PageNumber.Rate(rates?.Other)}/s other",
                    $"{PageNumber.Rate(rates?.Created)}/s created",
                    Fault(rates?.Errors, "5xx"),
                ],
                width),
            .. PageLine.Flow(
                "Durations",
                [
                    $"p50 {PageNumber.Duration(rates?.P50)}",
                    $"p99 {PageNumber.Duration(rates?.P99)}",
                    new("without cached redirects", PageStyle.Dim),
                ],
                width),
            .. PageLine.Flow(
                "Lookups",
                [
                    $"{PageNumber.Share(lookups?.CacheHitShare)} cached",
                    $"{PageNumber.Rate(lookups?.Cache)}/s cache",
                    $"{PageNumber.Rate(lookups?.Replica)}/s replica",
                    $"{PageNumber.Rate(lookups?.Primary)}/s primary",
                    $"{PageNumber.Rate(lookups?.Fence)}/s fence",
                    Fault(lookups?.Shed, "shed"),
                    Fault(lookups?.Failed, "failed"),
                    $"{PageNumber.Count(Prevented(fleet))} false not-founds prevented",
                ],
                width),
            .. Warnings(fleet, width),
        ];
    }

    private static IEnumerable<PageLine> Warnings(FleetFigures fleet, int width)
    {
        if (fleet.Error is { } error)
        {
            var text = $"The list of servers and hosts cannot be read: {error}";
            foreach (var line in PageLine.Flow("Error", [new(text, PageStyle.Bad)], width))
                yield return line;
        }

        if (fleet.Servers.Count(server => server.HasOtherConfiguration) is > 0 and var marked)
        {
            var text = $"the configurations differ ({Some(marked, "server")} marked with *)";
            foreach (var line in PageLine.Flow("Warning", [new(text, PageStyle.Warning)], width))
                yield return line;
        }
    }

    /// <summary>The sum over the servers that show it; null if none does.</summary>
    private static double? Prevented(FleetFigures fleet) =>
        fleet.Servers.Select(server => server.FalseNotFoundsPrevented).OfType<double>().ToList()
            is { Count: > 0 } counts
            ? counts.Sum()
            : null;

    private static PageText Fault(double? rate, string name)
    {
        var fault = ServerTable.Fault(rate);
        return new($"{fault.Text}/s {name}", fault.Style);
    }

    private static string Some(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
