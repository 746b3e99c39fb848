using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class LinksCommandTests
{
    [Fact]
    public async Task A_link_is_shown_edited_deleted_restored_and_erased()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var code = await server.CreateCodeAsync("https://example.com/1");

        var edited = await RunAsync(
            server,
            "edit",
            [
                code!, "--target", "https://example.com/2", "--code", "구글", "--max-visits", "5",
                "--tag", "one", "--tag", "two", "--enabled", "false",
            ]);
        AssertRow(edited, "target", "https://example.com/2");
        AssertRow(edited, "code", "구글");
        AssertRow(edited, "aliases", code!);
        AssertRow(edited, "tags", "one, two");
        AssertRow(edited, "enabled", "false");

        var cleared = await RunAsync(
            server, "edit", "구글", "--clear", "maxVisits", "--enabled", "true", "--json");
        var json = JsonDocument.Parse(cleared.Output).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("maxVisits").ValueKind);
        Assert.Equal("구글", json.GetProperty("code").GetString());
        AssertRow(await RunAsync(server, "show", code!), "visits", "total 0, bots 0");

        var deleted = await RunAsync(server, "delete", code!);
        AssertRow(await RunAsync(server, "restore", "구글"), "enabled", "true");
        var erased = await RunAsync(server, "delete", code!, "--erase");
        Assert.Contains("restore", deleted.Output, StringComparison.Ordinal);
        Assert.Contains("erased", erased.Output, StringComparison.Ordinal);
        var gone = await RunAsync(server, "show", code!);
        Assert.Equal(1, gone.ExitCode);
        Assert.StartsWith("terse links show: The link was erased", gone.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("show", "nobody")]
    [InlineData("edit", "nobody", "--title", "x")]
    [InlineData("delete", "nobody")]
    [InlineData("restore", "nobody", "--domain", "localhost")]
    public async Task A_refusal_of_the_server_is_printed_as_an_error(
        string command, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var result = await RunAsync(server, command, arguments);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"terse links {command}: ", result.Errors, StringComparison.Ordinal);
        Assert.Single(result.Errors.TrimEnd().Split('\n'));
    }

    private static void AssertRow(CommandResult result, string field, string value)
    {
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Contains(result.OutputLines, line =>
            line.StartsWith(field + " ", StringComparison.Ordinal)
            && line.EndsWith("  " + value, StringComparison.Ordinal));
    }

    private static Task<CommandResult> RunAsync(
        TerseProcess server, string command, params string[] arguments) =>
        Command.RunAsync(
            Repository.Program,
            ["links", command, .. arguments],
            environment: ("TERSE_SERVER", server.Url));
}
