using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// The blocks of code below a heading of a document, in their order. Tests run them, so the steps that an
/// operator reads are the steps that work.
/// </summary>
internal sealed class DocumentedSteps
{
    private const string Fence = "```";

    private readonly Queue<(string Language, string Text)> _blocks;

    private DocumentedSteps(IEnumerable<(string, string)> blocks) => _blocks = new(blocks);

    /// <param name="document">The path of the document in the repository.</param>
    /// <param name="heading">The line of the heading. Its section ends at the next one of its level.</param>
    public static DocumentedSteps Read(string document, string heading)
    {
        var level = heading[..(heading.IndexOf(' ', StringComparison.Ordinal) + 1)];
        var section = File.ReadLines(Path.Combine(Repository.Root, document))
            .SkipWhile(line => line != heading)
            .Skip(1)
            .TakeWhile(line => !line.StartsWith(level, StringComparison.Ordinal));
        return new(BlocksOf(section));
    }

    /// <summary>Returns the text of the next block, with some words replaced.</summary>
    /// <param name="language">The language that the block must have.</param>
    /// <param name="replaced">The words of the document, each of which the block must contain.</param>
    public string Next(string language, params IEnumerable<(string Documented, string Used)> replaced)
    {
        var (actual, text) = _blocks.Dequeue();
        Assert.Equal(language, actual);
        foreach (var (documented, used) in replaced)
        {
            Assert.Contains(documented, text, StringComparison.Ordinal);
            text = text.Replace(documented, used, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>Checks that no step is left.</summary>
    public void AssertDone() => Assert.Empty(_blocks);

    private static IEnumerable<(string Language, string Text)> BlocksOf(IEnumerable<string> lines)
    {
        string? language = null;
        var block = new List<string>();
        foreach (var line in lines)
        {
            var isFence = line.StartsWith(Fence, StringComparison.Ordinal);
            if (isFence && language is null)
            {
                language = line[Fence.Length..];
            }
            else if (isFence)
            {
                yield return (language!, string.Concat(block.Select(code => code + "\n")));
                language = null;
                block.Clear();
            }
            else if (language is not null)
            {
                block.Add(line);
            }
        }
    }
}
