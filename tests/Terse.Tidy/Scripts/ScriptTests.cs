namespace Terse.Tidy.Scripts;

public sealed class ScriptTests
{
    private const string Install = "shellcheck is not on the PATH. Run `apt-get install shellcheck`, "
        + "`dnf install ShellCheck` or `brew install shellcheck`, then repeat the test";

    [Fact]
    public void Every_script_has_a_shebang_and_exits_at_the_first_error() =>
        Findings.AssertNone(Scripts().SelectMany(ScriptRules.Careless));

    [Fact]
    public void Shellcheck_finds_nothing_in_any_script()
    {
        Assert.True(Tool.Exists("shellcheck"), Install);
        var scripts = Scripts().Select(script => Tree.FullPath(script.Path)).ToList();
        var (exitCode, output) = scripts.Count == 0 ? default : Shellcheck(scripts);
        Assert.True(exitCode == 0, $"shellcheck exits with {exitCode}:\n{output}");
    }

    [Fact]
    public void Shellcheck_finds_an_unquoted_variable()
    {
        Assert.True(Tool.Exists("shellcheck"), Install);
        Assert.Equal(0, Shellcheck(["-"], "#!/bin/sh\nset -eu\nrm \"$1\"\n").ExitCode);
        Assert.Equal(1, Shellcheck(["-"], "#!/bin/sh\nset -eu\nrm $1\n").ExitCode);
    }

    [Theory]
    [InlineData("run", "set -eu\n", true)]
    [InlineData("deploy/backup.sh", "", true)]
    [InlineData("bench/compare", "#!/usr/bin/env bash\n", true)]
    [InlineData("bench/plot", "#!/usr/bin/env python3\n", false)]
    [InlineData("LICENSE", "MIT\n", false)]
    public void A_script_is_recognized_by_its_name_or_first_line(string path, string text, bool isScript) =>
        Assert.Equal(isScript, ScriptRules.IsScript(new(path, text)));

    [Theory]
    [InlineData("#!/bin/sh\nset -eu\n")]
    [InlineData("#!/usr/bin/env bash\n# Starts it.\n\nset -euo pipefail\n")]
    public void A_script_that_exits_at_the_first_error_passes(string text) =>
        Assert.Empty(ScriptRules.Careless(new("run", text)));

    [Theory]
    [InlineData("set -eu\n")]
    [InlineData("#!/bin/sh\necho hello\nset -eu\n")]
    [InlineData("#!/bin/sh\nset -e\n")]
    [InlineData("#!/bin/sh\n")]
    public void A_script_that_ignores_errors_is_found(string text) =>
        Assert.Single(ScriptRules.Careless(new("run", text)));

    private static IEnumerable<SourceFile> Scripts() => Tree.Files.Where(ScriptRules.IsScript);

    private static (int ExitCode, string Output) Shellcheck(IEnumerable<string> scripts, string input = "") =>
        Tool.Run(
            "shellcheck",
            ["--format=gcc", "--external-sources", "--source-path=SCRIPTDIR", .. scripts],
            input);
}
