using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Leftovers;

public sealed partial class LeftoverTests
{
    // The texts are concatenated from parts, so that the rule does not report this file itself.
    private const string ToDo = "TO" + "DO";
    private const string FixMe = "FIX" + "ME";
    private const string Hack = "HA" + "CK";
    private const string TripleX = "XX" + "X";

    [Fact]
    public void No_file_contains_a_marker_of_unfinished_work() =>
        Findings.AssertNone(Tree.Files.SelectMany(Markers));

    [Fact]
    public void No_file_contains_a_region() =>
        Findings.AssertNone(Tree.CSharp.SelectMany(Regions));

    [Theory]
    [InlineData("a // " + ToDo + ": later")]
    [InlineData("-- " + FixMe)]
    [InlineData("# a " + Hack + ", sorry")]
    [InlineData(TripleX)]
    public void A_marker_is_found(string line) =>
        Assert.Equal(2, Assert.Single(Markers(new("a.sql", "\n" + line))).Line);

    [Theory]
    [InlineData("mktemp -d /tmp/terse." + TripleX + TripleX)]
    [InlineData("a " + Hack + "NEY carriage, todos and hacks")]
    public void A_word_that_resembles_a_marker_passes(string line) =>
        Assert.Empty(Markers(new("run", line)));

    [Fact]
    public void A_region_is_found_but_no_other_directive()
    {
        Assert.Single(Regions(new("a.cs", "#region Fields\n#endregion\n")));
        Assert.Empty(Regions(new("a.cs", "#if DEBUG\n#endif\nvar text = \"#region\";")));
    }

    private static IEnumerable<Finding> Markers(SourceFile file) =>
        from line in file.IsGenerated ? [] : file.Lines.Index()
        let marker = Marker.Match(line.Item)
        where marker.Success
        select file.At(line.Index + 1, $"{marker.Value}: finish the work, or file an issue");

    private static IEnumerable<Finding> Regions(SourceFile file) =>
        from directive in file.Directives<RegionDirectiveTriviaSyntax>()
        select file.At(directive, "a region: move the code into a type or method with a name");

    [GeneratedRegex(
        $@"\b({ToDo}|{FixMe}|{Hack}|{TripleX})\b",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marker { get; }
}
