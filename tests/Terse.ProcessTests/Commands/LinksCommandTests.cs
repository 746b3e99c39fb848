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

    [Fact]
    public async Task Links_are_listed_in_pages_and_filtered()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        for (var number = 1; number <= 5; number++)
            await server.CreateCodeAsync($"https://example.com/{number}");
        var code = await server.CreateCodeAsync($"https://example.com/{new string('x', 100)}");
        await RunAsync(server, "edit", code!, "--title", "Spring sale", "--tag", "one", "--tag", "two");

        var all = await RunAsync(server, "list");
        Assert.Equal((0, ""), (all.ExitCode, all.Errors));
        Assert.Matches("^SHORT URL +TARGET +STATE +VISITS +TITLE +TAGS$", all.OutputLines[0]);
        Assert.Matches(
            $"^{server.Url.TrimEnd('/')}/{code} +https://example.com/x+… +active +0 +Spring sale +one, two$",
            all.OutputLines[1]);
        Assert.Equal(7, all.OutputLines.Length);
        var limited = await RunAsync(server, "list", "--limit", "2", "--order", "oldest");
        Assert.Contains("https://example.com/2 ", limited.OutputLines[2], StringComparison.Ordinal);
        Assert.Equal("There are more; raise --limit.", limited.OutputLines[3]);
        var found = await RunAsync(server, "list", "sale", "--tag", "ONE", "--state", "active", "--json");
        Assert.Equal(
            code, Assert.Single(JsonDocument.Parse(found.Output).RootElement.EnumerateArray().ToList())
                .GetProperty("code").GetString());
        var refused = await RunAsync(server, "list", "--state", "odd");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("terse links list: 'state' must be", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tags_are_listed_with_their_numbers_of_links()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        foreach (var tags in new[] { new[] { "one", "two" }, ["one"] })
        {
            var code = await server.CreateCodeAsync("https://example.com/");
            await RunAsync(server, "edit", [code!, .. tags.SelectMany(tag => new[] { "--tag", tag })]);
        }

        CommandResult listed = null!;
        await Eventually.IsTrueAsync(async () =>
        {
            listed = await Command.RunAsync(
                Repository.Program, ["tags"], environment: ("TERSE_SERVER", server.Url));
            return listed.OutputLines.Length == 3 && listed.OutputLines[1].Contains('2');
        });
        var some = await Command.RunAsync(
            Repository.Program, ["tags", "tw", "--json"], environment: ("TERSE_SERVER", server.Url));

        Assert.Matches("^TAG +LINKS +VISITS$", listed.OutputLines[0]);
        Assert.Matches("^one +2 +0$", listed.OutputLines[1]);
        Assert.Matches("^two +1 +0$", listed.OutputLines[2]);
        Assert.Equal(1, JsonDocument.Parse(some.Output).RootElement.GetArrayLength());
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
