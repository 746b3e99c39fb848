using Terse.Fuzz;
using Terse.Harness;

namespace Terse.Tests.Web;

/// <summary>
/// Checks every input of the fuzzer's corpus (CONTRIBUTING.md says how to fuzz), so that a parser keeps what
/// the fuzzer found no input against.
/// </summary>
public sealed class CorpusTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/Terse.Fuzz/Corpus");

    public static TheoryData<string> Parsers => new(FuzzedParsers.All.Keys);

    [Theory]
    [MemberData(nameof(Parsers))]
    public void No_input_of_the_corpus_breaks_an_invariant(string parser)
    {
        var inputs = Corpus.Read(Path.Combine(Folder, parser + ".txt"));
        Assert.NotEmpty(inputs);
        foreach (var (index, input) in inputs.Index())
        {
            var failure = Record.Exception(() => FuzzedParsers.All[parser](input));
            Assert.True(failure is null, $"{parser}.txt:{index + 1}: {failure}");
        }
    }

    [Fact]
    public void Every_corpus_belongs_to_a_parser() => Assert.Equal(
        FuzzedParsers.All.Keys,
        Directory.GetFiles(Folder).Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    [Fact]
    public void A_corpus_keeps_all_bytes_of_an_input_in_one_line()
    {
        byte[] input = [.. Enumerable.Range(0, 256).Select(value => (byte)value), .. @"\x41"u8];
        var line = Corpus.Escape(input);
        Assert.DoesNotContain(line, char.IsControl);
        Assert.Equal(input, Corpus.Unescape(line));
        Assert.Equal("a\\x5Cb\\x0A", Corpus.Escape("a\\b\n"u8));
    }

    [Theory]
    [InlineData("\\")]
    [InlineData("a\\n")]
    [InlineData("\\x4")]
    [InlineData("\\xZZ")]
    public void A_line_with_a_wrong_escape_is_refused(string line) =>
        Assert.Throws<FormatException>(() => Corpus.Unescape(line));
}
