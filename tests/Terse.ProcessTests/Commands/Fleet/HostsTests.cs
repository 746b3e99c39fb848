using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class HostsTests
{
    [Fact]
    public async Task A_server_on_SQLite_shows_itself_and_no_hosts()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder["links"], "--Server:Name", "web-1");
        CommandResult shown = null!;
        await Eventually.IsTrueAsync(async () =>
        {
            shown = await HostsAsync(server.Url);
            return shown.OutputLines.Length == 3;
        });

        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.Contains("SQLite", shown.OutputLines[0], StringComparison.Ordinal);
        Assert.StartsWith("SERVER  NODE  ZONE  VERSION", shown.OutputLines[1], StringComparison.Ordinal);
        Assert.Matches("^web-1 +0 +- .* yes$", shown.OutputLines[2]);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", 1, "cannot be reached")]
    [InlineData("nonsense", 2, "TERSE_SERVER must be a URL")]
    public async Task A_server_that_cannot_be_reached_is_an_error(string server, int exitCode, string error)
    {
        var shown = await HostsAsync(server);

        Assert.Equal((exitCode, ""), (shown.ExitCode, shown.Output));
        Assert.Contains(error, shown.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> HostsAsync(string server) =>
        Command.RunAsync(Repository.Program, ["hosts"], environment: ("TERSE_SERVER", server));
}
