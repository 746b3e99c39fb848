using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy.Leftovers;

public sealed partial class LeftoverTests
{
    // Put together here, so that this file does not find itself.
    private const string ToDo = "TO" + "DO";
    private const string FixMe = "FIX" + "ME";
    private const string Hack = "HA" + "CK";
    private const string TripleX = "XX" + "X";

    [Fact]
    public void No_file_carries_a_marker_of_unfinished_work() =>
        Findings.AssertNone(Tree.Files.SelectMany(Markers));

    [Fact]
    public void No_code_is_folded_into_a_region() =>
        Findings.AssertNone(Tree.CSharp.SelectMany(Regions));

    [Fact]
    public void Nothing_is_left_unimplemented() =>
        Findings.AssertNone(Tree.CSharp.SelectMany(Unimplemented));

    [Theory]
    [InlineData("a // " + ToDo + ": later")]
    [InlineData("-- " + FixMe)]
    [InlineData("# a " + Hack + ", sorry")]
    [InlineData(TripleX)]
    public void A_marker_is_found_with_its_line(string line) =>
        Assert.Equal(2, Assert.Single(Markers(new("a.sql", "\n" + line))).Line);

    [Theory]
    [InlineData("mktemp -d /tmp/terse." + TripleX + TripleX)]
    [InlineData("a " + Hack + "NEY carriage, todos and hacks")]
    public void A_word_that_only_resembles_a_marker_passes(string line) =>
        Assert.Empty(Markers(new("run", line)));

    [Fact]
    public void A_region_is_found_and_other_directives_pass()
    {
        Assert.Single(Regions(new("a.cs", "#region Fields\n#endregion\n")));
        Assert.Empty(Regions(new("a.cs", "#if DEBUG\n#endif\nvar text = \"#region\";")));
    }

    [Fact]
    public void A_method_that_is_not_implemented_is_found_and_a_text_about_it_passes()
    {
        Assert.Single(Unimplemented(new("a.cs", "throw new System.NotImplementedException();")));
        Assert.Empty(Unimplemented(new("a.cs", "var text = \"NotImplementedException\";")));
    }

    private static IEnumerable<Finding> Markers(SourceFile file) =>
        from line in file.IsGenerated ? [] : file.Lines.Index()
        let marker = Marker.Match(line.Item)
        where marker.Success
        select file.At(line.Index + 1, $"{marker.Value}: do it now, or say it in an issue");

    private static IEnumerable<Finding> Regions(SourceFile file) =>
        from directive in file.Directives<RegionDirectiveTriviaSyntax>()
        select file.At(directive, "a region: what needs folding needs a type of its own");

    private static IEnumerable<Finding> Unimplemented(SourceFile file) =>
        from token in file.Syntax.DescendantTokens()
        where token.IsKind(SyntaxKind.IdentifierToken) && token.ValueText is "NotImplementedException"
        select file.At(token, "NotImplementedException: implement it, or leave the member out");

    [GeneratedRegex(
        $@"\b({ToDo}|{FixMe}|{Hack}|{TripleX})\b",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marker { get; }
}
