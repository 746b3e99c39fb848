using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// Runs the build step of <c>./run</c> in a folder with one source file, with a script instead of the .NET
/// SDK.
/// </summary>
public sealed class BuildScriptTests : IDisposable
{
    private const string Sdk =
        """
        #!/bin/sh
        echo "$1" >>"$0.calls"
        [ "$1" = build ] || exit 0
        mkdir -p "$TERSE_TEST_ROOT/artifacts"
        echo '#!/bin/sh' >"$TERSE_TEST_ROOT/artifacts/program"
        chmod +x "$TERSE_TEST_ROOT/artifacts/program"
        """;

    private readonly TemporaryFolder _folder = new();

    public BuildScriptTests()
    {
        foreach (var folder in (string[])["src", "tools"])
            Directory.CreateDirectory(_folder[folder]);
        foreach (var file in (string[])["Directory.Build.props", "global.json", "src/Program.cs"])
        {
            File.WriteAllText(_folder[file], "");
            MakeOlder(file, TimeSpan.FromHours(1));
        }

        File.WriteAllText(_folder["tools/dotnet"], Sdk);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_program_that_is_current_starts_without_the_SDK()
    {
        Assert.Equal(["--version", "build"], await BuildAsync());

        Assert.Empty(await BuildAsync());
    }

    [Theory]
    [InlineData("src/Program.cs")]
    [InlineData("src/New.cs")]
    [InlineData("global.json")]
    public async Task A_changed_file_makes_the_next_start_build(string file)
    {
        await BuildAsync();
        MakeOlder("artifacts/program.dll", TimeSpan.FromMinutes(1));
        Assert.Empty(await BuildAsync());
        await File.WriteAllTextAsync(_folder[file], "changed");

        Assert.Equal(["--version", "build"], await BuildAsync());
        Assert.Empty(await BuildAsync());
    }

    [Fact]
    public async Task A_missing_program_is_built()
    {
        await BuildAsync();
        File.Delete(_folder["artifacts/program"]);

        Assert.Equal(["--version", "build"], await BuildAsync());
    }

    private void MakeOlder(string file, TimeSpan age) =>
        File.SetLastWriteTimeUtc(_folder[file], File.GetLastWriteTimeUtc(_folder[file]) - age);

    /// <summary>Returns the commands of the SDK that the build step ran.</summary>
    private async Task<string[]> BuildAsync()
    {
        var calls = _folder["tools/dotnet.calls"];
        File.Delete(calls);
        var script = Path.Combine(Repository.Root, "deploy/build.sh");
        var result = await Command.RunAsync(
            "/bin/sh",
            ["-c", $"chmod +x '{_folder["tools/dotnet"]}'; . '{script}'; build src artifacts/program src"],
            environment:
            [
                ("root", _folder.Path),
                ("TERSE_TEST_ROOT", _folder.Path),
                ("PATH", $"{_folder["tools"]}:{Environment.GetEnvironmentVariable("PATH")}"),
            ]);
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        return File.Exists(calls) ? await File.ReadAllLinesAsync(calls) : [];
    }
}
