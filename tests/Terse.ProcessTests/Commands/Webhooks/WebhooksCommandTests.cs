using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class WebhooksCommandTests
{
    [Fact]
    public async Task A_webhook_is_created_changed_paused_and_deleted()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var created = await RunAsync(
            server, "create", "https://hooks.example/a", "--type", "link", "--tag", "mail");
        Assert.Equal(0, created.ExitCode);
        Assert.Matches("(?m)^secret +whsec_", created.Output);
        Assert.Contains("not shown again", created.Errors, StringComparison.Ordinal);

        var listed = await RunAsync(server, "list");
        Assert.Matches("^ID +STATE +URL +TYPES +FAILURES +DESCRIPTION$", listed.OutputLines[0]);
        Assert.Matches("^[0-9A-Za-z]{12} +active +https://hooks.example/a +link +0$", listed.OutputLines[1]);
        var id = listed.OutputLines[1].Split(' ')[0];
        var edited = await RunAsync(server, "edit", id, "--clear", "tags", "--type", "key", "--json");
        var webhook = JsonDocument.Parse(edited.Output).RootElement;
        Assert.Equal("[]", webhook.GetProperty("tags").GetRawText());
        Assert.Equal("key", Assert.Single(webhook.GetProperty("types").EnumerateArray()).GetString());
        Assert.Matches("(?m)^state +paused$", (await RunAsync(server, "pause", id)).Output);
        Assert.Matches("(?m)^state +active$", (await RunAsync(server, "resume", id)).Output);
        Assert.Matches("(?m)^secret +whsec_", (await RunAsync(server, "rotate", id)).Output);
        Assert.Equal("0 deliveries wait again.", (await RunAsync(server, "replay", id)).Output.Trim());
        Assert.Single((await RunAsync(server, "deliveries", id)).OutputLines);
        Assert.Equal("The webhook is deleted.", (await RunAsync(server, "delete", id)).Output.Trim());
    }

    [Theory]
    [InlineData("create", "nowhere")]
    [InlineData("show", "nobody000000")]
    [InlineData("test", "nobody000000")]
    [InlineData("deliveries", "nobody000000")]
    [InlineData("delete", "nobody000000")]
    public async Task A_refusal_is_printed_as_an_error(string command, string argument)
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var result = await RunAsync(server, command, argument);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"terse webhooks {command}: ", result.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(
        TerseProcess server, string command, params string[] arguments) =>
        Command.RunAsync(
            Repository.Program,
            ["webhooks", command, .. arguments],
            environment: ("TERSE_SERVER", server.Url));
}
