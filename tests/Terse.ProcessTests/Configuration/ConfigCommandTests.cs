using System.Net;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>The commands <c>terse config</c> beside a server that shares its configuration.</summary>
public sealed class ConfigCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string[] _source;

    public ConfigCommandTests() => _source =
        ["--Config:Source", _folder["terse.json"], "--Config:Interval", "00:00:01"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_document_is_published_by_one_of_two_people_and_reverted()
    {
        var first = await PublishAsync("""{ "Redirects": { "CacheControl": "private, max-age=1" } }""");
        await using var server = await ServeAsync();
        var code = await RetryingClient.CreateAsync(server, "https://example.com/");
        Assert.Equal("private, max-age=1", await CacheControlAsync(server, code));

        var second = await PublishAsync(
            """
            { "Redirects": { "CacheControl": "private, max-age=2" }, "Codes": { "Strategy": "random" } }
            """,
            first);
        await Eventually.IsTrueAsync(async () =>
            await CacheControlAsync(server, code) == "private, max-age=2");
        var late = await RunAsync("publish", "--base", first, Write("{}"));
        Assert.Equal(1, late.ExitCode);
        Assert.Contains($"version {first} was replaced by {second}", late.Errors, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("revert", first, "--base", second)).ExitCode);
        await Eventually.IsTrueAsync(async () =>
            await CacheControlAsync(server, code) == "private, max-age=1");
        var history = JsonDocument.Parse((await RunAsync("history", "--json")).Output).RootElement;
        Assert.Equal(
            [(first, true), (second, false), (first, false)],
            history.EnumerateArray().Select(version => (
                version.GetProperty("version").GetString()!,
                version.GetProperty("isPublished").GetBoolean())));
    }

    [Fact]
    public async Task Diff_and_publish_name_the_settings_that_need_a_restart()
    {
        await PublishAsync("""{ "Cache": { "MaxAge": "00:10:00" } }""");

        var diff = await RunAsync(
            "diff", Write("""{ "Cache": { "MaxAge": "00:20:00" }, "Codes": { "Strategy": "random" } }"""));

        Assert.Matches("^Cache:MaxAge +00:10:00 +00:20:00 +at once$", diff.OutputLines[1]);
        Assert.Matches("^Codes:Strategy +- +random +after a restart$", diff.OutputLines[2]);
    }

    [Fact]
    public async Task A_document_behind_a_symbolic_link_is_replaced_in_its_place()
    {
        Directory.CreateDirectory(_folder["real"]);
        File.CreateSymbolicLink(_folder["terse.json"], Path.Combine(_folder["real"], "terse.json"));
        await File.WriteAllTextAsync(_folder["terse.json"], "{}");
        var first = (await RunAsync("get")).Errors.Trim()["version ".Length..];

        await PublishAsync("""{ "Cache": { "MaxAge": "00:10:00" } }""", first);

        Assert.NotNull(new FileInfo(_folder["terse.json"]).LinkTarget);
        Assert.Contains("00:10:00", await File.ReadAllTextAsync(Path.Combine(_folder["real"], "terse.json")));
    }

    [Theory]
    [InlineData("""{ "Cache": { "MaxAgee": "00:10:00" } }""", "Unknown setting 'Cache:MaxAgee'")]
    [InlineData("""{ "Cache": { """, "cannot be parsed")]
    [InlineData("""{ "Codes": { "Secret": "0123456789012345678901234567890123" } }""", "is a secret")]
    public async Task A_wrong_document_is_not_published(string text, string reason)
    {
        foreach (var command in (string[])["validate", "publish"])
        {
            var result = await RunAsync(command, Write(text));

            Assert.Equal(1, result.ExitCode);
            Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(_folder["terse.json"]));
    }

    [Fact]
    public async Task Show_lists_values_with_their_sources_and_hides_secrets()
    {
        await File.WriteAllTextAsync(_folder["secret"], new string('s', 40));
        await PublishAsync(
            $$"""
            { "Cache": { "MaxAge": "00:10:00" }, "Codes": { "Secret": "file:{{_folder["secret"]}}" } }
            """);

        var shown = await RunAsync("show", "--Cache:MaxEntries", "1000");

        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.Matches("(?m)^Cache:MaxAge +00:10:00 +shared configuration$", shown.Output);
        Assert.Matches("(?m)^Cache:MaxEntries +1000 +command line$", shown.Output);
        Assert.Matches(@"(?m)^Codes:Secret +\*\*\* +shared configuration$", shown.Output);
        Assert.DoesNotContain("ssss", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_publishes_what_the_first_server_can_use()
    {
        var version = await PublishAsync("""{ "Redirects": { "CacheControl": "private, max-age=1" } }""");
        await using var server = await ServeAsync();
        var code = await RetryingClient.CreateAsync(server, "https://example.com/");

        var rollout = await RolloutAsync(
            server, version, """{ "Redirects": { "CacheControl": "private, max-age=2" } }""");

        Assert.Equal((0, ""), (rollout.ExitCode, rollout.Errors));
        Assert.StartsWith("web-1 tries version", rollout.Output, StringComparison.Ordinal);
        Assert.Equal("private, max-age=2", await CacheControlAsync(server, code));
        Assert.Contains("max-age=2", (await RunAsync("get")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_goes_back_if_the_first_server_refuses_the_document()
    {
        var version = await PublishAsync("""{ "Redirects": { "CacheControl": "private, max-age=1" } }""");
        await using var server = await ServeAsync();
        var code = await RetryingClient.CreateAsync(server, "https://example.com/");

        // The command cannot read the file of the secret; the server finds that it does not exist.
        var rollout = await RolloutAsync(
            server,
            version,
            $$"""
            {
              "Redirects": { "CacheControl": "private, max-age=2" },
              "Codes": { "Secret": "file:{{_folder["nowhere"]}}" }
            }
            """);

        Assert.Equal(1, rollout.ExitCode);
        Assert.Contains("Not checked here: Codes:Secret", rollout.Errors, StringComparison.Ordinal);
        Assert.Contains("web-1 refuses version", rollout.Errors, StringComparison.Ordinal);
        Assert.Contains("web-1 goes back", rollout.Errors, StringComparison.Ordinal);
        Assert.Equal("private, max-age=1", await CacheControlAsync(server, code));
        Assert.Contains("max-age=1", (await RunAsync("get")).Output, StringComparison.Ordinal);

        // The rollout left no trial, so the next document can be published.
        await PublishAsync("{}", version);
    }

    [Fact]
    public async Task A_rollout_that_is_interrupted_goes_back()
    {
        var version = await PublishAsync("""{ "Redirects": { "CacheControl": "private, max-age=1" } }""");
        await using var server = await ServeAsync();
        var code = await RetryingClient.CreateAsync(server, "https://example.com/");
        using var rollout = Command.Start(
            Repository.Program,
            [
                "config", "rollout", Write("""{ "Redirects": { "CacheControl": "private, max-age=2" } }"""),
                "--base", version, "--server", server.Url, "--watch", "00:10:00", .. _source,
            ]);
        await Eventually.IsTrueAsync(async () =>
            await CacheControlAsync(server, code) == "private, max-age=2");

        ChildProcess.Signal(rollout, ChildProcess.SigInt);
        await rollout.WaitForExitAsync();

        Assert.Equal(1, rollout.ExitCode);
        await Eventually.IsTrueAsync(async () =>
            await CacheControlAsync(server, code) == "private, max-age=1");
    }

    [Fact]
    public async Task A_server_starts_without_the_source_from_its_copy_and_a_new_one_does_not()
    {
        await PublishAsync("""{ "Redirects": { "CacheControl": "private, max-age=1" } }""");
        string code;
        await using (var server = await ServeAsync())
        {
            code = await RetryingClient.CreateAsync(server, "https://example.com/");
            Assert.Equal(0, await server.StopAsync());
        }

        File.Move(_folder["terse.json"], _folder["moved.json"]);

        await using (var server = await ServeAsync())
            Assert.Equal("private, max-age=1", await CacheControlAsync(server, code));
        var other = await Command.TerseAsync(
            ["serve", "--urls", "http://127.0.0.1:0", "--data", _folder["other"], .. _source]);
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("does not exist", other.Errors, StringComparison.Ordinal);
    }

    private Task<TerseProcess> ServeAsync() =>
        TerseProcess.ServeAsync(_folder["data"], ["--Server:Name", "web-1", .. _source]);

    private Task<CommandResult> RunAsync(string command, params string[] options) =>
        Command.TerseAsync(["config", command, .. options, .. _source]);

    private Task<CommandResult> RolloutAsync(TerseProcess server, string version, string text) => RunAsync(
        "rollout", Write(text), "--base", version, "--server", server.Url, "--watch", "00:00:02");

    private string Write(string text)
    {
        File.WriteAllText(_folder["new.json"], text);
        return _folder["new.json"];
    }

    /// <summary>Publishes a document, and returns its version.</summary>
    private async Task<string> PublishAsync(string text, string? replaced = null)
    {
        var result = await RunAsync(
            "publish", [Write(text), .. replaced is null ? [] : new[] { "--base", replaced }]);
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        return (await RunAsync("get")).Errors.Trim()["version ".Length..];
    }

    private static async Task<string> CacheControlAsync(TerseProcess server, string code)
    {
        using var response = await server.Http.GetAsync(new Uri($"/{code}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        return response.Headers.NonValidated["Cache-Control"].ToString();
    }
}
