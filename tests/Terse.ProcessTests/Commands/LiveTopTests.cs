using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>Tests of the live page in a pseudo terminal.</summary>
public sealed class LiveTopTests : IAsyncLifetime
{
    private const string CtrlC = "\u0003";

    private readonly TemporaryFolder _folder = new();
    private TerseProcess _server = null!;

    public async ValueTask InitializeAsync() => _server = await TopServer.StartAsync(_folder["links"]);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("q", 0, 0)]
    [InlineData("xQ", 0, 0)]
    [InlineData(CtrlC, 0, 130)]
    [InlineData("", ChildProcess.SigTerm, 143)]
    public async Task The_end_leaves_the_terminal_as_it_was(string keys, int signal, int exitCode)
    {
        await using var terminal = Start(columns: 80);
        await WaitForRatesAsync(terminal);
        await terminal.TypeAsync(keys);
        if (signal != 0)
            terminal.Signal(signal);

        Assert.Equal(exitCode, await terminal.WaitForExitAsync());
        AssertRestored(terminal);
        Assert.DoesNotContain("xQ", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_size_of_the_terminal_is_used_at_once()
    {
        await using var terminal = Start(columns: 100, "--interval", "60s");
        await terminal.WaitForAsync("q ends"); // the end of the page
        Assert.Contains("CACHED", terminal.Output, StringComparison.Ordinal);
        var before = terminal.Output.Length;
        await terminal.ResizeAsync(columns: 40, rows: 20);
        await Eventually.IsTrueAsync(() => Task.FromResult(
            terminal.Output[before..].Contains("do not fit", StringComparison.Ordinal)));
        Assert.DoesNotContain("CACHED", terminal.Output[before..], StringComparison.Ordinal);

        await terminal.TypeAsync("q");
        Assert.Equal(0, await terminal.WaitForExitAsync());
        AssertRestored(terminal);
    }

    [Fact]
    public async Task When_the_server_stops_the_page_says_it_and_shows_the_last_list()
    {
        await using var terminal = Start(columns: 120);
        await WaitForRatesAsync(terminal);
        await _server.KillAsync();
        await terminal.WaitForAsync("The list of servers and hosts cannot be read: ");
        await terminal.WaitForAsync("The connection failed: ConnectionRefused.");

        await terminal.TypeAsync("q");
        Assert.Equal(0, await terminal.WaitForExitAsync());
        AssertRestored(terminal);
    }

    [Theory]
    [InlineData("1", false)]
    [InlineData(null, true)]
    public async Task With_NO_COLOR_there_is_no_color(string? noColor, bool hasColor)
    {
        await using var terminal = Start(columns: 80, ["--interval", "1s"], ("NO_COLOR", noColor));
        await terminal.WaitForAsync("ready");
        await terminal.TypeAsync("q");
        Assert.Equal(0, await terminal.WaitForExitAsync());

        Assert.Equal(hasColor, Regex.IsMatch(
            terminal.ProgramOutput, @"\e\[([0-9;]*;)?(3[0-8]|4[0-8]|9[0-7])[;m]",
            RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture));
    }

    [Fact]
    public async Task A_terminal_without_control_sequences_needs_once()
    {
        await using var terminal = Start(columns: 80, [], ("TERM", "dumb"));

        Assert.Equal(1, await terminal.WaitForExitAsync());
        Assert.Equal(
            "terse top: the output is no terminal that can show a live page; use --once.",
            terminal.ProgramOutput.Trim());
    }

    [Fact]
    public async Task An_error_before_the_page_is_on_the_ordinary_screen()
    {
        await _server.KillAsync();
        await using var terminal = Start(columns: 80);

        Assert.Equal(1, await terminal.WaitForExitAsync());
        Assert.Contains("cannot be reached", terminal.ProgramOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("1049", terminal.ProgramOutput, StringComparison.Ordinal);
        Assert.Equal(terminal.Modes.Before, terminal.Modes.After);
    }

    private PseudoTerminal Start(int columns, params string[] options) =>
        Start(columns, options.Length == 0 ? ["--interval", "1s"] : options, []);

    private PseudoTerminal Start(
        int columns, string[] options, params (string Name, string? Value)[] environment) =>
        PseudoTerminal.Start(columns, 24, ["top", "--server", _server.Url, .. options], environment);

    /// <summary>The server and its rates, which are there in the second page at the earliest.</summary>
    private static async Task WaitForRatesAsync(PseudoTerminal terminal)
    {
        await terminal.WaitForAsync("web-1");
        await terminal.WaitForAsync("0/s created");
    }

    /// <summary>Each mode that the program sets is reset later, and the cursor is shown last.</summary>
    private static void AssertRestored(PseudoTerminal terminal)
    {
        var output = terminal.ProgramOutput;
        string[] modes = ["1049", "25", "7", "1"];
        string[] off = ["25", "7"];
        foreach (var mode in modes)
        {
            var (set, reset) = off.Contains(mode) ? ('l', 'h') : ('h', 'l');
            Assert.Contains($"\e[?{mode}{set}", output, StringComparison.Ordinal);
            Assert.True(
                output.LastIndexOf($"\e[?{mode}{reset}", StringComparison.Ordinal)
                    > output.LastIndexOf($"\e[?{mode}{set}", StringComparison.Ordinal),
                $"?{mode} is not reset.");
        }

        Assert.True(
            output.LastIndexOf("\e>", StringComparison.Ordinal)
                > output.LastIndexOf("\e=", StringComparison.Ordinal));
        Assert.NotEmpty(terminal.Modes.Before);
        Assert.Equal(terminal.Modes.Before, terminal.Modes.After);
    }
}
