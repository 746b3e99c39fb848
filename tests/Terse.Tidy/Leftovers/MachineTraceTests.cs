using System.Text.RegularExpressions;

namespace Terse.Tidy.Leftovers;

public sealed partial class MachineTraceTests
{
    // The texts are concatenated from parts, so that the rule does not report this file itself.
    private const string Work = "/wo" + "rk/";
    private const string Root = "/ro" + "ot/";
    private const string Home = "/ho" + "me/";
    private const string Registries =
        @"(nuget|npmjs|deb\.debian|security\.debian|pypi|proxy\.golang)\.org"
        + @"|(npmjs|archive\.ubuntu)\.com|crates\.io";

    [Fact]
    public void No_file_contains_a_path_of_one_machine_or_a_package_registry() =>
        Findings.AssertNone(Tree.Files.SelectMany(Traces));

    [Theory]
    [InlineData("cd " + Work + "main")]
    [InlineData("\"" + Root + ".cache\"")]
    [InlineData("see file://" + Home + "alice/notes")]
    [InlineData("source = https://api.nuget" + ".org/v3/index.json")]
    [InlineData("https://registry.npmjs" + ".org/vite")]
    [InlineData("deb http://deb.debian" + ".org/debian stable main")]
    public void A_path_of_one_machine_is_found(string line) =>
        Assert.Equal(2, Assert.Single(Traces(new("a.txt", "\n" + line))).Line);

    [Theory]
    [InlineData("https://example.com" + Work + "1")]
    [InlineData("src" + Root + "file")]
    [InlineData("$HOME" + Work)]
    [InlineData("the folder " + Home)]
    public void A_path_that_is_valid_on_every_machine_passes(string line) =>
        Assert.Empty(Traces(new("a.txt", line)));

    private static IEnumerable<Finding> Traces(SourceFile file) =>
        from line in file.Lines.Index()
        let trace = Trace.Match(line.Item)
        where trace.Success
        select file.At(line.Index + 1, $"`{trace.Value}` is specific to one machine: remove it");

    [GeneratedRegex(
        $@"(?<![\w.$~)}}\]-])({Work}|{Root}|{Home}\w)|{Registries}",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Trace { get; }
}
