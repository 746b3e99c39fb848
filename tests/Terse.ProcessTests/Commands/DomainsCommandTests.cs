using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class DomainsCommandTests
{
    [Fact]
    public async Task A_domain_is_added_listed_changed_and_removed()
    {
        using var folder = new TemporaryFolder();
        var robots = Path.Combine(folder.Path, "robots");
        await File.WriteAllTextAsync(robots, "User-agent: *\n");
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var renamed = await RunAsync(server, "edit", "default", "--name", "s.example");
        Assert.Matches("(?m)^name +s.example$", renamed.Output);
        var added = await RunAsync(
            server, "add", "go.example", "--home-redirect", "https://example.com/", "--robots-txt", robots);
        Assert.Equal((0, ""), (added.ExitCode, added.Errors));
        Assert.Matches("(?m)^state +active$", added.Output);
        var changed = await RunAsync(
            server, "edit", "go.example", "--clear", "homeRedirect", "--favicon", "https://example.com/i",
            "--json");
        var json = JsonDocument.Parse(changed.Output).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("homeRedirect").ValueKind);
        Assert.Equal("User-agent: *\n", json.GetProperty("robotsTxt").GetString());

        var listed = await RunAsync(server, "list");
        Assert.Matches("^DOMAIN +STATE +HOME +NOT FOUND +EXPIRED$", listed.OutputLines[0]);
        Assert.Matches(@"^s.example \(default\) +active$", listed.OutputLines[1]);
        Assert.Matches("^go.example +active$", listed.OutputLines[2]);
        var removed = await RunAsync(server, "remove", "go.example");
        Assert.Equal("The domain go.example takes no new links.", removed.Output.Trim());
        var list = await RunAsync(server, "list", "--json");
        Assert.Equal(1, JsonDocument.Parse(list.Output).RootElement.GetArrayLength());
    }

    [Theory]
    [InlineData("add", "https://go.example")]
    [InlineData("edit", "nobody.example", "--favicon", "https://example.com/i")]
    [InlineData("remove", "default")]
    [InlineData("add", "go.example", "--robots-txt", "/nowhere")]
    [InlineData("edit", "default", "--robots-txt", "/")]
    public async Task A_refusal_is_printed_as_an_error(string command, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var result = await RunAsync(server, command, arguments);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"terse domains {command}: ", result.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(
        TerseProcess server, string command, params string[] arguments) =>
        Command.RunAsync(
            Repository.Program,
            ["domains", command, .. arguments],
            environment: ("TERSE_SERVER", server.Url));
}
