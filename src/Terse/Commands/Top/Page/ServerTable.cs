using System.Globalization;

namespace Terse.Commands;

/// <summary>The table of the servers.</summary>
internal static class ServerTable
{
    private static readonly PageColumn[] Columns =
    [
        new("SERVER", 0, IsNumber: false),
        new("STATE", 0, IsNumber: false) { MinWidth = 11 },
        new("ZONE", 6, IsNumber: false) { MaxWidth = 16 },
        new("VERSION", 9, IsNumber: false) { MaxWidth = 16 },
        new("CONFIGURATION", 7, IsNumber: false) { MaxWidth = 16 },
        new("NODE", 10, IsNumber: false),
        new("FOLLOWED/S", 1),
        new("OTHER/S", 5),
        new("CREATED/S", 2),
        new("5XX/S", 1),
        new("P50", 4) { MinWidth = 6 },
        new("P99", 2) { MinWidth = 6 },
        new("CACHED", 3) { MinWidth = 7 },
        new("REPLICA/S", 13),
        new("PRIMARY/S", 12),
        new("FENCE/S", 13),
        new("SHED/S", 11),
        new("FAILED/S", 11),
        new("PREVENTED", 14),
        new("CONNECTIONS", 8),
        new("MEMORY", 9),
    ];

    public static (List<PageLine> Lines, int Dropped) LayOut(IEnumerable<ServerFigures> servers, int width) =>
        PageTable.LayOut(Columns, [.. servers.Select(RowOf)], width);

    /// <summary>The name of a state in text.</summary>
    public static string NameOf(ServerState state) => state switch
    {
        ServerState.Unreachable => "unreachable",
        ServerState.NotReady => "not ready",
        ServerState.NoCreations => "no creations",
        ServerState.Draining => "draining",
        ServerState.NoMetrics => "no metrics",
        _ => "ready",
    };

    private static PageRow RowOf(ServerFigures server)
    {
        var (rates, lookups) = (server.Rates, server.Rates?.Lookups);
        PageText[] cells =
        [
            server.Name,
            new(NameOf(server.State), StyleOf(server.State)),
            server.Zone,
            server.Version,
            server is { HasOtherConfiguration: true, Configuration: { } configuration }
                ? new PageText(configuration + "*", PageStyle.Warning)
                : server.Configuration,
            server.Node?.ToString(CultureInfo.InvariantCulture),
            PageNumber.Rate(rates?.Followed),
            PageNumber.Rate(rates?.Other),
            PageNumber.Rate(rates?.Created),
            Fault(rates?.Errors),
            PageNumber.Duration(rates?.P50),
            PageNumber.Duration(rates?.P99),
            PageNumber.Share(lookups?.CacheHitShare),
            PageNumber.Rate(lookups?.Replica),
            PageNumber.Rate(lookups?.Primary),
            PageNumber.Rate(lookups?.Fence),
            Fault(lookups?.Shed),
            Fault(lookups?.Failed),
            PageNumber.Count(server.FalseNotFoundsPrevented),
            PageNumber.Count(server.Connections),
            PageNumber.Megabytes(server.MemoryBytes),
        ];
        return new(cells, server.Error is { } error ? new(error, StyleOf(server.State)) : null);
    }

    /// <summary>A rate that should be 0.</summary>
    public static PageText Fault(double? rate) =>
        new(PageNumber.Rate(rate), rate > 0 ? PageStyle.Bad : PageStyle.Plain);

    private static PageStyle StyleOf(ServerState state) => state switch
    {
        ServerState.Ready => PageStyle.Good,
        ServerState.Unreachable or ServerState.NotReady => PageStyle.Bad,
        _ => PageStyle.Warning,
    };
}
