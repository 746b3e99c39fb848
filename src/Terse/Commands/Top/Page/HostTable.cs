using System.Globalization;
using Terse.Fleet;

namespace Terse.Commands;

/// <summary>The table of the database hosts.</summary>
internal static class HostTable
{
    private static readonly PageColumn[] Columns =
    [
        new("HOST", 0, IsNumber: false) { MaxWidth = 40 },
        new("ROLE", 4, IsNumber: false),
        new("STATE", 0, IsNumber: false),
        new("LAG", 1),
        new("HORIZON AGE", 2),
        new("READS", 3),
    ];

    public static List<PageLine> LayOut(IEnumerable<HostFigures> hosts, int width) =>
        PageTable.LayOut(Columns, [.. hosts.Select(RowOf)], width).Lines;

    private static PageRow RowOf(HostFigures host)
    {
        var style = host.State switch
        {
            FleetHostState.Primary or FleetHostState.InRotation => PageStyle.Good,
            FleetHostState.Lagging => PageStyle.Warning,
            _ => PageStyle.Bad,
        };
        PageText[] cells =
        [
            host.Name,
            HostsCommand.Name(host.Role),
            new(HostsCommand.Name(host.State), style),
            PageNumber.Seconds(host.Lag),
            PageNumber.Seconds(host.HorizonAge),
            host.Reads.ToString(CultureInfo.InvariantCulture),
        ];
        return new(cells, host.Error is { } error ? new(error, style) : null);
    }
}
