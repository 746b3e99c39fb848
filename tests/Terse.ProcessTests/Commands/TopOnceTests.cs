using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class TopOnceTests
{
    [Fact]
    public async Task Once_prints_what_the_server_did_in_an_interval()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TopServer.StartAsync(folder["links"]);
        var code = (await server.CreateCodeAsync("https://example.com/"))!;
        var running = RunAsync(server.Url, "--once", "--interval", "1s");
        while (!running.IsCompleted)
        {
            Assert.Equal("https://example.com/", await server.FollowAsync(code));
            Assert.Null(await server.FollowAsync("unknown"));
        }

        var shown = await running;
        var lines = shown.OutputLines;
        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.DoesNotContain('\e', shown.Output);
        Assert.Matches("^Fleet +http://[0-9.:]+  1 server  0 hosts  [0-9:]+Z$", lines[0]);
        Assert.Matches("^Requests +[1-9][0-9,.]*/s followed  [1-9][0-9,.]*/s other  .* 0/s 5xx$", lines[1]);
        Assert.Matches("^Durations  p50 [0-9.]+ ms  p99 [0-9.]+ m?s  without cached redirects$", lines[2]);
        Assert.Contains("SQLite", lines[4], StringComparison.Ordinal);
        Assert.StartsWith("SERVER  STATE        ZONE   VERSION", lines[5], StringComparison.Ordinal);
        Assert.Matches("^web-1 +ready +eu-1a +.* [1-9][0-9,]* MB$", lines[6]);
    }

    [Fact]
    public async Task As_JSON_the_figures_are_numbers()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TopServer.StartAsync(folder["links"]);
        var shown = await RunAsync(server.Url, "--json", "--interval", "1");
        var entry = Assert.Single(
            JsonElement.Parse(shown.Output).GetProperty("servers").EnumerateArray().ToArray());

        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.Equal("ready", entry.GetProperty("state").GetString());
        Assert.Equal(0, entry.GetProperty("rates").GetProperty("errors").GetDouble());
        Assert.True(entry.GetProperty("memoryBytes").GetDouble() > 1_000_000);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "--once", 1, "cannot be reached")]
    [InlineData("http://127.0.0.1:1", "--json", 1, "cannot be reached")]
    [InlineData("http://127.0.0.1:1", "--interval=2s", 1, "use --once")]
    [InlineData("nonsense", "--once", 2, "TERSE_SERVER must be a URL")]
    [InlineData("http://127.0.0.1:1", "--interval=0s", 1, "--interval must be 1s to 60s")]
    [InlineData("http://127.0.0.1:1", "--metrics=web-1", 1, "--metrics must be a URL")]
    public async Task What_cannot_be_shown_is_an_error(
        string server, string option, int exitCode, string error)
    {
        var shown = await RunAsync(server, option);

        Assert.Equal(exitCode, shown.ExitCode);
        Assert.DoesNotContain("Fleet", shown.Output, StringComparison.Ordinal);
        Assert.Contains(error, shown.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_for_the_list_the_servers_reason_is_printed()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TopServer.StartAsync(folder["links"], "--Access:Anonymous", "never");
        var shown = await RunAsync(server.Url, "--once");

        Assert.Equal((1, ""), (shown.ExitCode, shown.Output));
        Assert.Matches("^terse top: .*key", shown.Errors);
    }

    private static Task<CommandResult> RunAsync(string server, params string[] options) => Command.RunAsync(
        Repository.Program, ["top", .. options], environment: ("TERSE_SERVER", server));
}
