using System.Net;
using System.Text.Json;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class AccessCommandTests
{
    [Fact]
    public async Task The_first_key_is_made_before_the_server_runs_and_others_beside_it()
    {
        using var folder = new TemporaryFolder();
        var first = await RunAsync(folder, "create", "--name", "ops", "--role", "admin");
        Assert.Equal(0, first.ExitCode);
        var admin = first.Output.Trim();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        Assert.Equal(HttpStatusCode.OK, await ListAsync(server, admin));
        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(server, key: null));

        var created = await RunAsync(
            folder, "create", "--name", "ci", "--role", "viewer", "--tag", "team", "--expires", "90d");
        var second = created.Output.Trim();
        Assert.Equal(HttpStatusCode.OK, await ListAsync(server, second));
        var rotation = await RunAsync(folder, "rotate", second.Split('_')[1], "--overlap", "0");
        var rotated = rotation.Output.Trim();
        Assert.Equal(HttpStatusCode.OK, await ListAsync(server, rotated));
        await Eventually.IsTrueAsync(async () =>
            await ListAsync(server, second) == HttpStatusCode.Unauthorized);

        var revoked = await RunAsync(folder, "revoke", second.Split('_')[1]);
        Assert.Equal("The key is revoked.", revoked.Output.Trim());
        await Eventually.IsTrueAsync(async () =>
            await ListAsync(server, rotated) == HttpStatusCode.Unauthorized);
        var listed = await RunAsync(folder, "list");
        Assert.Matches("^ID +NAME +ROLE +DOMAINS +TAGS +STATE +EXPIRES +LAST USED$", listed.OutputLines[0]);
        Assert.Matches("ci +viewer +all +team +revoked", listed.OutputLines[1]);
        var json = JsonDocument.Parse((await RunAsync(folder, "list", "--json")).Output).RootElement;
        Assert.Equal(2, json.GetProperty("keys").GetArrayLength());
        Assert.DoesNotContain(admin.Split('_')[2], json.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_send_the_key_of_the_environment()
    {
        using var folder = new TemporaryFolder();
        var key = (await RunAsync(folder, "create", "--name", "ops", "--role", "admin")).Output.Trim();
        await using var server = await TerseProcess.ServeAsync(folder.Path);

        var refused = await Command.TerseAsync("links", "list", "--server", server.Url);
        var listed = await Command.RunAsync(
            Repository.Program,
            ["links", "list", "--server", server.Url],
            environment: ("TERSE_API_KEY", key));

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("terse access create", refused.Errors, StringComparison.Ordinal);
        Assert.Equal((0, ""), (listed.ExitCode, listed.Errors));
    }

    [Theory]
    [InlineData("create", "--name", "a", "--role", "owner")]
    [InlineData("create", "--name", "", "--role", "admin")]
    [InlineData("create", "--name", "a", "--role", "admin", "--domain", "nobody.example")]
    [InlineData("create", "--name", "a", "--role", "admin", "--expires", "soon")]
    [InlineData("create", "--name", "a", "--role", "admin", "--expires", "2126-01-01T00:00:00")]
    [InlineData("rotate", "nobody00")]
    [InlineData("revoke", "nobody00")]
    [InlineData("rotate", "nobody00", "--overlap", "-1")]
    public async Task A_refusal_is_printed_as_an_error(string command, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, "create", "--name", "ops", "--role", "admin");

        var result = await RunAsync(folder, command, arguments);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith($"terse access {command}: ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("rotate", "nobody00")]
    [InlineData("revoke", "nobody00")]
    public async Task A_command_on_a_mistyped_folder_creates_no_database(string command, params string[] id)
    {
        using var folder = new TemporaryFolder();

        var result = await Command.TerseAsync(["access", command, .. id, "--data", folder["mistyped"]]);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains(
            $"There is no database {folder["mistyped"]}", result.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["mistyped"]));
    }

    [Fact]
    public async Task The_first_key_in_a_new_database_is_created_with_a_note_that_names_the_file()
    {
        using var folder = new TemporaryFolder();

        var first = await RunAsync(folder, "create", "--name", "ops", "--role", "admin");
        var second = await RunAsync(folder, "create", "--name", "ops", "--role", "admin");

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Contains($"SQLite {folder["terse.db"]}", first.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("terse.db", second.Errors, StringComparison.Ordinal);
        Assert.StartsWith("terse_", first.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_zone_of_the_machine_does_not_change_when_a_key_expires()
    {
        using var folder = new TemporaryFolder();
        await Command.RunAsync(
            Repository.Program,
            [
                "access", "create", "--name", "a", "--role", "viewer",
                "--expires", "2126-01-01T00:00:00Z", "--data", folder.Path,
            ],
            environment: ("TZ", "Asia/Seoul"));

        var json = JsonDocument.Parse((await RunAsync(folder, "list", "--json")).Output).RootElement;

        Assert.Equal(
            "2126-01-01T00:00:00Z", json.GetProperty("keys")[0].GetProperty("expiresAt").GetString());
    }

    [Fact]
    public async Task A_generated_key_works_from_a_file_and_no_request_is_let_in_without_it()
    {
        using var folder = new TemporaryFolder();
        var key = (await Command.TerseAsync("access", "generate")).Output.Trim();
        await File.WriteAllTextAsync(folder["key"], key + "\n");
        await using var server = await TerseProcess.ServeAsync(
            folder.Path, "--Access:AdminKeyFile", folder["key"]);

        Assert.Equal(HttpStatusCode.OK, await ListAsync(server, key));
        Assert.Equal(HttpStatusCode.Unauthorized, await ListAsync(server, key: null));
    }

    [Fact]
    public async Task A_server_does_not_start_with_a_key_file_that_has_no_key()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["key"], "secret\n");

        var refused = await Command.TerseAsync(
            "serve", "--data", folder.Path, "--Access:AdminKeyFile", folder["key"],
            "--Access:Anonymous", "always");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("terse access generate", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("'never' or 'loopback'", refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(
        TemporaryFolder folder, string command, params string[] arguments) =>
        Command.TerseAsync(["access", command, .. arguments, "--data", folder.Path]);

    private static async Task<HttpStatusCode> ListAsync(TerseProcess server, string? key)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri("/api/v1/links", UriKind.Relative));
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        using var response = await server.Http.SendAsync(request);
        return response.StatusCode;
    }
}
