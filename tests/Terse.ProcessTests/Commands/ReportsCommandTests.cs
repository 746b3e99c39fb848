using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class ReportsCommandTests
{
    [Fact]
    public async Task Reports_are_listed_and_answered()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var bad = await ReportAsync(server, "bad");
        var good = await ReportAsync(server, "good");

        var listed = await RunAsync(server, "list");
        Assert.Matches("^ID +COUNT +LAST +SHORT URL +TARGET +REASONS$", listed.OutputLines[0]);
        Assert.Matches("^2 +1 +[^ ]+ +[^ ]+ +https://good.example/ +about good$", listed.OutputLines[1]);
        var disabled = await RunAsync(server, "disable", "1");
        Assert.Equal((0, "The link is disabled."), (disabled.ExitCode, disabled.Output.Trim()));
        var closed = await RunAsync(server, "close", "2");
        Assert.Equal((0, "The report is closed."), (closed.ExitCode, closed.Output.Trim()));
        var again = await RunAsync(server, "close", "2");
        Assert.Equal((1, ""), (again.ExitCode, again.Output));
        Assert.StartsWith("terse reports close: ", again.Errors, StringComparison.Ordinal);
        Assert.Null(await server.FollowAsync(bad));
        Assert.Equal("https://good.example/", await server.FollowAsync(good));
    }

    private static async Task<string> ReportAsync(TerseProcess server, string name)
    {
        var code = await server.CreateCodeAsync($"https://{name}.example/");
        using var form = new FormUrlEncodedContent([new("reason", $"about {name}")]);
        using var reported = await server.Http.PostAsync(
            new Uri($"/{code}/report", UriKind.Relative), form);
        Assert.Equal(HttpStatusCode.Accepted, reported.StatusCode);
        return code!;
    }

    private static Task<CommandResult> RunAsync(
        TerseProcess server, string command, params string[] arguments) =>
        Command.RunAsync(
            Repository.Program,
            ["reports", command, .. arguments],
            environment: ("TERSE_SERVER", server.Url));
}
