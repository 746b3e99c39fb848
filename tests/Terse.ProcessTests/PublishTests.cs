using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// Tests of the files that <c>dotnet publish src/Terse -c Release</c> produces. The script ./test publishes
/// once before the tests and writes the log to <c>artifacts/publish.log</c>.
/// </summary>
public sealed class PublishTests
{
    private static readonly string Program = Path.Combine(Repository.PublishFolder, "terse");

    [Fact]
    public void The_published_folder_holds_the_program_its_symbols_and_the_library_of_SQLite()
    {
        AssertIsPublished();
        Assert.Equal(
            ["libe_sqlite3.so", "terse", "terse.dbg"],
            Directory.GetFiles(Repository.PublishFolder)
                .Select(Path.GetFileName)
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Publishing_gives_no_warning()
    {
        AssertIsPublished();
        var log = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "artifacts/publish.log"));

        Assert.Contains("terse", log, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("warning", log, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Debug information is in ELF sections whose names begin with <c>.debug_</c>. The command readelf(1)
    /// lists the sections of a file.
    /// </summary>
    [Fact]
    public async Task The_program_is_stripped_and_the_symbols_are_in_the_file_beside_it()
    {
        AssertIsPublished();
        var program = await Command.RunAsync("readelf", ["-SW", Program]);
        var symbols = await Command.RunAsync("readelf", ["-SW", Program + ".dbg"]);

        Assert.Equal((0, 0), (program.ExitCode, symbols.ExitCode));
        Assert.DoesNotContain(".debug_", program.Output, StringComparison.Ordinal);
        Assert.Contains(".gnu_debuglink", program.Output, StringComparison.Ordinal);
        Assert.Contains(".debug_info", symbols.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_published_program_shows_its_version_without_a_NET_runtime()
    {
        AssertIsPublished();
        var version = await Command.RunAsync(
            Program, ["--version"], environment: [("DOTNET_ROOT", "/nowhere"), ("PATH", "/nowhere")]);

        Assert.Equal((0, ""), (version.ExitCode, version.Errors));
        Assert.Matches(@"^\d+\.\d+\.\d+(-[0-9a-z.]+)?\n$", version.Output);
    }

    [Fact]
    public async Task The_published_program_creates_a_link_follows_it_and_counts_the_redirect()
    {
        AssertIsPublished();
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.StartAsync(
            Program, ["serve", "--urls", "http://127.0.0.1:0", "--data", folder["links"]]);
        var code = await server.CreateCodeAsync("https://example.com/published");

        Assert.Equal("https://example.com/published", await server.FollowAsync(code!));
        await using (var figures = await ProcessFigures.OfAsync(server))
            await figures.WaitForAsync("terse.redirects followed", 1);
        Assert.Equal(0, await server.StopAsync());
    }

    private static void AssertIsPublished() => Assert.True(
        File.Exists(Program),
        "The program is not published: run ./test or dotnet publish src/Terse -c Release.");
}
