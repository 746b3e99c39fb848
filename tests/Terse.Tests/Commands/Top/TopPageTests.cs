using Terse.Commands;
using Terse.Fleet;

namespace Terse.Tests.Commands;

public sealed class TopPageTests
{
    private const string Address = "http://127.0.0.1:8080";

    private static readonly ServerRates Rates =
        new(1234.4, 5.25, 12, 0.5, new(990, 10, 7, 2, 0.5, 0, 0.04));

    [Theory]
    [InlineData(300, 40, "SERVER STATE ZONE VERSION CONFIGURATION NODE FOLLOWED/S OTHER/S CREATED/S 5XX/S"
        + " P50 P99 CACHED REPLICA/S PRIMARY/S FENCE/S SHED/S FAILED/S PREVENTED CONNECTIONS MEMORY")]
    [InlineData(120, 40, "SERVER STATE ZONE CONFIGURATION FOLLOWED/S OTHER/S CREATED/S 5XX/S P50 P99 CACHED"
        + " CONNECTIONS")]
    [InlineData(80, 24, "SERVER STATE FOLLOWED/S CREATED/S 5XX/S P50 P99 CACHED")]
    [InlineData(40, 24, "SERVER STATE FOLLOWED/S 5XX/S")]
    public void A_narrow_terminal_drops_the_least_important_columns(int width, int height, string columns)
    {
        var page = TopPage.ForTerminal(Fleet(servers: 3, hosts: 3), Address, width, height);
        var head = page.Single(line => line.ToString().StartsWith("SERVER", StringComparison.Ordinal));

        Assert.Equal(
            columns, string.Join(' ', head.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.All(page, line => Assert.InRange(line.Width, 0, width));
        var dropped = 21 - columns.Split(' ').Length;
        Assert.Equal(
            dropped == 0 ? "q ends" : $"q ends; {dropped} columns of servers do not fit",
            page[^1].ToString());
    }

    [Theory]
    [InlineData(50, 24)]
    [InlineData(50, 40)]
    [InlineData(4, 24)]
    [InlineData(50, 16)]
    [InlineData(200, 60)]
    public void Servers_that_do_not_fit_are_counted(int servers, int height)
    {
        var page = TopPage.ForTerminal(Fleet(servers, hosts: 3), Address, 80, height);
        var shown = page.Count(line => line.ToString().StartsWith("web-", StringComparison.Ordinal));
        var rest = page.Select(line => line.ToString())
            .SingleOrDefault(line => line.EndsWith("servers not shown", StringComparison.Ordinal));

        Assert.InRange(page.Count, 1, height);
        Assert.InRange(shown, 1, servers);
        Assert.Equal(shown == servers ? null : $"{servers - shown} more servers not shown", rest);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(20, 9)]
    public void A_page_is_never_larger_than_the_terminal(int width, int height)
    {
        var page = TopPage.ForTerminal(Fleet(servers: 50, hosts: 9), Address, width, height);

        Assert.InRange(page.Count, 1, height);
        Assert.All(page, line => Assert.InRange(line.Width, 0, width));
    }

    [Fact]
    public void Servers_with_problems_come_first()
    {
        var fleet = Fleet(servers: 50, hosts: 1);
        var servers = fleet.Servers.ToList();
        servers[40] = new("web-40", ServerState.Unreachable, "The connection failed: ConnectionRefused.");
        servers[45] = servers[45] with { State = ServerState.Draining };
        var page = TopPage.ForTerminal(fleet with { Servers = servers }, Address, 100, 24)
            .ConvertAll(line => line.ToString());
        var head = page.FindIndex(line => line.StartsWith("SERVER", StringComparison.Ordinal));

        Assert.Matches("^web-40 +unreachable +- +The connection failed: Conn.*Refused[.]$", page[head + 1]);
        Assert.Matches("^web-45 +draining +eu-1a +1,234 ", page[head + 2]);
        Assert.StartsWith("web-00", page[head + 3], StringComparison.Ordinal);
        Assert.EndsWith(
            "50 servers  1 host  1 unreachable  1 draining  12:30:05Z", page[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_for_a_script_has_all_servers_and_all_columns()
    {
        var lines = TopPage.ForScript(Fleet(servers: 50, hosts: 3), Address)
            .ConvertAll(line => line.ToString());

        Assert.Equal(50, lines.Count(line => line.StartsWith("web-", StringComparison.Ordinal)));
        Assert.Contains("Requests   1,234/s followed  5.3/s other  12/s created  0.5/s 5xx", lines);
        Assert.Contains("Durations  p50 -  p99 -  without cached redirects", lines);
        Assert.Contains(
            "Lookups    99.0 % cached  990/s cache  7.0/s replica  2.0/s primary  0.5/s fence  0/s shed  "
                + "<0.1/s failed  100 false not-founds prevented",
            lines);
        Assert.Contains("db0:5432  primary  primary  0.0 s        0.7 s      4", lines);
        Assert.Contains("db1:5432  replica  lagging  The connection failed: ConnectionRefused.", lines);
    }

    [Fact]
    public void A_name_cannot_control_the_terminal_or_break_the_page()
    {
        const string Hostile = "\e[2J\u009b31m[red]web\r\n\t\u202e\0[/]\ud800";
        var server = new ServerFigures(Hostile, ServerState.Ready, null)
        {
            Zone = Hostile,
            Version = Hostile,
            Configuration = Hostile,
        };
        var host = new HostFigures(
            Hostile, FleetHostRole.Replica, FleetHostState.Unreachable, null, null, 0, Hostile);
        var fleet = new FleetFigures(
            DateTimeOffset.UnixEpoch,
            [server, server with { State = ServerState.Unreachable, Error = Hostile }],
            [host],
            null,
            Hostile);
        List<PageLine> lines =
        [
            .. TopPage.ForScript(fleet, Address), .. TopPage.ForTerminal(fleet, Address, 400, 40),
        ];
        var text = string.Concat(lines.SelectMany(line => line.Pieces).Select(piece => piece.Text));

        Assert.Contains(
            "\ufffd[2J\ufffd31m[red]web\ufffd\ufffd\ufffd\ufffd\ufffd[/]\ufffd",
            text,
            StringComparison.Ordinal);
        Assert.DoesNotContain(text, character => char.IsControl(character) || character == '\u202e');
    }

    [Fact]
    public void A_wide_name_is_cut_to_the_columns_that_it_needs()
    {
        var text = new PageText("서울-web-1");

        Assert.Equal(10, text.Width);
        Assert.Equal(("서울-…", 6), (text.Cut(6).Text, text.Cut(6).Width));
        Assert.Equal(("서…", 3), (text.Cut(4).Text, text.Cut(4).Width));
    }

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0, "0")]
    [InlineData(0.04, "<0.1")]
    [InlineData(9.94, "9.9")]
    [InlineData(9.96, "10")]
    [InlineData(12345.6, "12,346")]
    public void A_rate_is_short(double? rate, string text) => Assert.Equal(text, PageNumber.Rate(rate));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.00042, "0.4 ms")]
    [InlineData(0.012, "12 ms")]
    [InlineData(0.9996, "1.0 s")]
    [InlineData(2.5, "2.5 s")]
    [InlineData(10.0, ">10 s")]
    public void A_duration_has_its_unit(double? seconds, string text) =>
        Assert.Equal(text, PageNumber.Duration(seconds));

    private static FleetFigures Fleet(int servers, int hosts) => new(
        new DateTimeOffset(2026, 11, 27, 12, 30, 5, TimeSpan.Zero),
        [.. Enumerable.Range(0, servers).Select(NewServer)],
        [.. Enumerable.Range(0, hosts).Select(number => number == 0
            ? new HostFigures("db0:5432", FleetHostRole.Primary, FleetHostState.Primary, 0, 0.7, 4, null)
            : new HostFigures(
                $"db{number}:5432",
                FleetHostRole.Replica,
                FleetHostState.Lagging,
                null,
                null,
                0,
                "The connection failed: ConnectionRefused."))],
        Rates,
        null);

    private static ServerFigures NewServer(int number) => new($"web-{number:00}", ServerState.Ready, null)
    {
        Node = number,
        Zone = "eu-1a",
        Version = "1.0.0",
        Configuration = "0123456789ab",
        Connections = 24,
        MemoryBytes = 99_418_112,
        FalseNotFoundsPrevented = 2,
        Rates = Rates,
    };
}
