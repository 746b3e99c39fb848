using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class ServeTests
{
    [Fact]
    public async Task A_ready_server_writes_one_line_with_address_store_and_version()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder["links"]);
        using var response = await server.Http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Matches(
            @"^terse \d+\.\d+\.\d+(-[0-9a-z.]+)? is ready on http://127\.0\.0\.1:\d+, "
                + @"links in SQLite .*/links/terse\.db$",
            server.ReadyLine);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>
    /// The data folder is inside the working folder. If the server watched the files of the working folder,
    /// it would receive an event for each write to the database.
    /// </summary>
    [Fact]
    public async Task A_server_watches_no_files()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.ServeAsync(folder.Path);
        var open = new DirectoryInfo($"/proc/{server.Id}/fd").GetFiles();

        Assert.DoesNotContain(open, file => file.LinkTarget == "anon_inode:inotify");
        Assert.Contains(open, file => file.LinkTarget == folder["terse.db"]);
    }

    [Fact]
    public async Task After_SIGTERM_a_server_ends_with_exit_code_0_and_keeps_its_links()
    {
        using var folder = new TemporaryFolder();
        string? code;
        await using (var server = await TerseProcess.ServeAsync(folder.Path))
        {
            code = await server.CreateCodeAsync("https://example.com/kept");
            Assert.Equal(0, await server.StopAsync());
        }

        Assert.False(File.Exists(folder["terse.db-wal"]));
        await using var restarted = await TerseProcess.ServeAsync(folder.Path);
        Assert.Equal("https://example.com/kept", await restarted.FollowAsync(code!));
    }

    [Fact]
    public async Task The_command_line_overrides_the_environment_and_the_environment_overrides_the_file()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            folder["appsettings.json"],
            """
            {
              "Domains": { "Default": "file.example", "Scheme": "https" },
              "Redirects": { "CacheControl": "private, max-age=1" }
            }
            """);
        await using var server = await TerseProcess.StartAsync(
            Repository.Program,
            ["serve", "--urls", "http://127.0.0.1:0", "--Redirects:CacheControl", "private, max-age=3"],
            folder.Path,
            ("TERSE__Redirects__CacheControl", "private, max-age=2"),
            ("TERSE__Domains__Default", "environment.example"));
        using var created = await server.CreateAsync("https://example.com/");
        var body = await created.Content.ReadAsStringAsync();
        using var followed = await server.Http.GetAsync(
            new Uri(created.Headers.Location!.OriginalString.Split('/')[^1], UriKind.Relative));

        Assert.Contains("\"shortUrl\":\"https://environment.example/", body, StringComparison.Ordinal);
        Assert.Equal("max-age=3, private", followed.Headers.CacheControl?.ToString());
        Assert.True(File.Exists(folder["data/terse.db"]));
    }

    [Theory]
    [InlineData("--urls", "nonsense", "write it like 'http://127.0.0.1:8080'")]
    [InlineData("--Domains:Scheme", "ftp", "set it to 'https' or 'http'")]
    [InlineData("--Domains:Sheme", "https", "Sheme")]
    [InlineData("--Logging:LogLevel:Default", "Loud", "Warning")]
    [InlineData("--Urls", "nonsense", "write it like 'http://127.0.0.1:8080'")]
    [InlineData("--Ids:NodeBits", "", "a whole number")]
    [InlineData("--dta", "x", "not an option or a setting")]
    [InlineData("--data", "/proc/nowhere", "/proc/nowhere")]
    [InlineData("--data", "/dev/null", "name a folder")]
    public async Task A_wrong_option_ends_the_start_with_a_message(string option, string value, string hint)
    {
        using var folder = new TemporaryFolder();
        var result = await Command.RunAsync(
            Repository.Program, ["serve", option, value], folder: folder.Path);

        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith("terse cannot start: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(hint, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_does_not_start_with_another_secret_than_that_of_its_opaque_codes()
    {
        using var folder = new TemporaryFolder();
        string[] serve = ["serve", "--urls", "http://127.0.0.1:0", "--data", folder["links"]];
        (string, string?) opaque = ("TERSE__Codes__Opaque", "true");
        string? code;
        await using (var server = await TerseProcess.StartAsync(
            Repository.Program, serve, folder.Path, opaque, ("TERSE__Codes__Secret", new string('a', 32))))
        {
            code = await server.CreateCodeAsync("https://example.com/hidden");
            Assert.Equal(0, await server.StopAsync());
        }

        (string, string?) wrong = ("TERSE__Codes__Secret", new string('b', 32));
        var other = await Command.RunAsync(Repository.Program, serve, null, folder.Path, opaque, wrong);
        var none = await Command.RunAsync(Repository.Program, serve, folder: folder.Path);

        Assert.Equal((1, 1), (other.ExitCode, none.ExitCode));
        const string Start = "terse cannot start: Codes:Secret is not ";
        Assert.StartsWith(Start + "the original secret, and", other.Errors, StringComparison.Ordinal);
        Assert.StartsWith(Start + "set, but", none.Errors, StringComparison.Ordinal);
        await using var again = await TerseProcess.StartAsync(
            Repository.Program, serve, folder.Path, ("TERSE__Codes__Secret", new string('a', 32)));
        Assert.Equal("https://example.com/hidden", await again.FollowAsync(code!));
    }

    [Fact]
    public async Task An_address_in_use_ends_the_start_with_a_message()
    {
        using var folder = new TemporaryFolder();
        await using var first = await TerseProcess.ServeAsync(folder["first"]);
        var second = await Command.TerseAsync("serve", "--urls", first.Url, "--data", folder["second"]);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains("already in use", second.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_place_of_the_configuration_file_ends_the_start_with_a_message()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["appsettings.json"]);
        var result = await Command.RunAsync(Repository.Program, ["serve"], folder: folder.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("appsettings.json is a folder", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_file_that_is_not_JSON_ends_the_start_with_a_message()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["appsettings.json"], "{ \"Domains\": ");
        var result = await Command.RunAsync(Repository.Program, ["serve"], folder: folder.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("appsettings.json", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }
}
