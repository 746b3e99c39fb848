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
        var (state, style) = host.State switch
        {
            FleetHostState.Primary => ("primary", PageStyle.Good),
            FleetHostState.InRotation => ("in rotation", PageStyle.Good),
            FleetHostState.Lagging => ("lagging", PageStyle.Warning),
            FleetHostState.OtherTimeline => ("other timeline", PageStyle.Bad),
            _ => ("unreachable", PageStyle.Bad),
        };
        var role = host.Role switch
        {
            FleetHostRole.Primary => "primary",
            FleetHostRole.Replica => "replica",
            _ => "unknown",
        };
        PageText[] cells =
        [
            host.Name,
            role,
            new(state, style),
            PageNumber.Seconds(host.Lag),
            PageNumber.Seconds(host.HorizonAge),
            host.Reads.ToString(CultureInfo.InvariantCulture),
        ];
        return new(cells, host.Error is { } error ? new(error, style) : null);
    }
}
