using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class RunScriptTests
{
    private static readonly string Run = Path.Combine(Repository.Root, "run");

    [Fact]
    public async Task Run_passes_its_arguments_to_the_program()
    {
        var result = await Command.RunAsync(Run, ["--version"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", result.Output);
    }

    /// <summary>
    /// Most tests use the published executable. This test uses the executable of <c>./run</c>.
    /// </summary>
    [Fact]
    public async Task Run_serves_links_with_the_program_that_it_builds()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseProcess.StartAsync(
            Run, ["serve", "--urls", "http://127.0.0.1:0", "--data", folder["links"]]);
        var code = await server.CreateCodeAsync("https://example.com/built");

        Assert.Equal("https://example.com/built", await server.FollowAsync(code!));
        Assert.Equal(
            Repository.BuiltProgram,
            new FileInfo($"/proc/{server.Id}/exe").ResolveLinkTarget(false)?.FullName);
        await using (var figures = await ProcessFigures.OfAsync(server))
            await figures.WaitForAsync("terse.redirects followed", 1);
        Assert.Equal(0, await server.StopAsync());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("test")]
    public async Task Without_the_SDK_a_script_names_the_SDK_as_missing(string script)
    {
        using var tools = new TemporaryFolder();
        File.CreateSymbolicLink(tools["dirname"], "/usr/bin/dirname");
        var result = await Command.RunAsync(
            "/bin/sh", [Path.Combine(Repository.Root, script), "--quick"], environment: ("PATH", tools.Path));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(".NET 10 SDK", result.Errors, StringComparison.Ordinal);
    }
}
