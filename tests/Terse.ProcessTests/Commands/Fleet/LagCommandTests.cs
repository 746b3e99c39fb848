using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class LagCommandTests
{
    [Fact]
    public async Task A_server_on_SQLite_knows_no_lag()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder["links"]);
        var shown = await LagAsync(server.Url);
        var json = await LagAsync(server.Url, "--since", "2026-11-01T00:00:00+09:00", "--json");
        var refused = await LagAsync(server.Url, "--since", "yesterday");

        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.StartsWith("No lag is stored", Assert.Single(shown.OutputLines), StringComparison.Ordinal);
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal("2026-10-31T15:00:00Z", document.RootElement.GetProperty("since").GetString());
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.StartsWith("terse lag: 'since' must be like 7d", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_an_error()
    {
        var shown = await LagAsync("http://127.0.0.1:1");

        Assert.Equal((1, ""), (shown.ExitCode, shown.Output));
        Assert.Contains("cannot be reached", shown.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> LagAsync(string server, params string[] arguments) =>
        Command.RunAsync(Repository.Program, ["lag", .. arguments], environment: ("TERSE_SERVER", server));
}
