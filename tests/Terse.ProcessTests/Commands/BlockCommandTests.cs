using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class BlockCommandTests
{
    [Fact]
    public async Task A_host_is_blocked_listed_and_freed()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var added = await RunAsync(
            server, "add", "Evil.example", "--subdomains", "--reason", "phishing since May");
        Assert.Equal((0, ""), (added.ExitCode, added.Errors));
        Assert.Matches("(?m)^host +evil.example$", added.Output);
        Assert.Equal(0, (await RunAsync(server, "add", "*-login.example")).ExitCode);

        var listed = await RunAsync(server, "list");
        Assert.Matches("^HOST +SUBDOMAINS +SINCE +REASON$", listed.OutputLines[0]);
        Assert.Matches(@"^\*-login.example +no +\S+$", listed.OutputLines[1]);
        Assert.Matches(@"^evil.example +yes +\S+ +phishing since May$", listed.OutputLines[2]);
        var removed = await RunAsync(server, "remove", "*-login.example");
        Assert.Equal("The block of *-login.example is removed.", removed.Output.Trim());
        var list = await RunAsync(server, "list", "--json");
        Assert.Equal(1, JsonDocument.Parse(list.Output).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("add", "https://evil.example")]
    [InlineData("remove", "evil.example")]
    public async Task A_refusal_is_printed_as_an_error(string command, string host)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var result = await RunAsync(server, command, host);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"terse block {command}: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_with_the_removed_setting_does_not_start_and_names_the_command()
    {
        using var folder = new TemporaryFolder();

        var result = await Command.RunAsync(
            Repository.Program,
            ["serve", "--data", folder.Path, "--Links:BlockedHosts:0", "spam.example"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("terse block add", result.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(
        TerseProcess server, string command, params string[] arguments) =>
        Command.RunAsync(
            Repository.Program,
            ["block", command, .. arguments],
            environment: ("TERSE_SERVER", server.Url));
}
