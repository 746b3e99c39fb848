using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class ScriptTests
{
    private static readonly string Run = Path.Combine(Repository.Root, "run");

    [Fact]
    public async Task Run_hands_its_arguments_to_the_program()
    {
        var result = await Command.RunAsync(Run, ["--version"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", result.Output);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("test")]
    public async Task Without_the_SDK_a_script_says_what_is_missing(string script)
    {
        using var tools = new TemporaryFolder();
        File.CreateSymbolicLink(tools["dirname"], "/usr/bin/dirname");
        var result = await Command.RunAsync(
            "/bin/sh", [Path.Combine(Repository.Root, script), "--quick"], environment: ("PATH", tools.Path));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(".NET 10 SDK", result.Errors, StringComparison.Ordinal);
    }
}
