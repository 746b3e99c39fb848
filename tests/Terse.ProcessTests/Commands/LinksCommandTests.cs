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

    [Fact]
    public async Task A_tag_is_renamed_merged_and_deleted_on_all_its_links()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var code = await server.CreateCodeAsync("https://example.com/");
        await RunAsync(server, "edit", code!, "--tag", "one", "--tag", "two/2", "--tag", "three");
        await Eventually.IsTrueAsync(async () => (await RunTagsAsync(server)).OutputLines.Length == 4);

        var taken = await RunTagsAsync(server, "rename", "one", "two/2");
        Assert.Equal((1, ""), (taken.ExitCode, taken.Output));
        Assert.StartsWith(
            "terse tags rename: The tag 'two/2' exists", taken.Errors, StringComparison.Ordinal);
        var renamed = await RunTagsAsync(server, "rename", "two/2", "four");
        Assert.Equal((0, ""), (renamed.ExitCode, renamed.Errors));
        await AssertTagsAsync(server, code!, "one, four, three");
        await RunTagsAsync(server, "rename", "one", "four", "--merge");
        await AssertTagsAsync(server, code!, "four, three");
        await RunTagsAsync(server, "delete", "three");
        await AssertTagsAsync(server, code!, "four");
    }

    [Fact]
    public async Task Passwords_and_rules_are_read_from_files_or_standard_input()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var code = await server.CreateCodeAsync("https://example.com/");
        var (password, rules) = (Path.Combine(folder.Path, "password"), Path.Combine(folder.Path, "rules"));
        await File.WriteAllTextAsync(password, "열려라 참깨\nnot the password\n");
        await File.WriteAllTextAsync(
            rules, """[{"name": "ko", "if": {"language": "ko"}, "target": "https://example.com/ko"}]""");

        var edited = await RunAsync(server, "edit", code!, "--password", password, "--rules", rules);
        AssertRow(edited, "hasPassword", "true");
        Assert.Contains("https://example.com/ko", edited.Output, StringComparison.Ordinal);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Url.TrimEnd('/') + "/" + code);
        request.Headers.Authorization = new(
            "Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(":열려라 참깨")));
        using var answer = await client.SendAsync(request);
        Assert.Equal(System.Net.HttpStatusCode.Found, answer.StatusCode);

        var cleared = await Command.RunAsync(
            Repository.Program,
            ["links", "edit", code!, "--no-password", "--rules", "-", "--server", server.Url],
            input: "[]"u8.ToArray());
        AssertRow(cleared, "hasPassword", "false");
        Assert.DoesNotContain("https://example.com/ko", cleared.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Only one option can read standard input.", "--password", "-", "--rules", "-")]
    [InlineData("The file of --password is empty", "--password", "-")]
    [InlineData("The file of --rules is not valid JSON", "--rules", "-")]
    [InlineData("Give either --password or --no-password.", "--password", "-", "--no-password")]
    [InlineData("Could not find", "--rules", "nowhere.json")]
    public async Task A_file_that_cannot_be_read_is_an_error(string message, params string[] arguments)
    {
        var result = await Command.RunAsync(
            Repository.Program,
            ["links", "edit", "a", .. arguments, "--server", "http://127.0.0.1:9"],
            input: []);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("terse links edit: " + message, result.Errors, StringComparison.Ordinal);
    }

    private static Task AssertTagsAsync(TerseProcess server, string code, string tags) =>
        Eventually.IsTrueAsync(async () => (await RunAsync(server, "show", code)).OutputLines.Any(line =>
            line.StartsWith("tags ", StringComparison.Ordinal)
            && line.EndsWith("  " + tags, StringComparison.Ordinal)));

    private static Task<CommandResult> RunTagsAsync(TerseProcess server, params string[] arguments) =>
        Command.RunAsync(
            Repository.Program, ["tags", .. arguments], environment: ("TERSE_SERVER", server.Url));

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
