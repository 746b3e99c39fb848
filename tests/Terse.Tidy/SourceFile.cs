using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Terse.Tidy;

/// <summary>A text file of the repository, or a sample text on which a test runs a rule.</summary>
internal sealed class SourceFile
{
    private static readonly CSharpParseOptions Newest = new(LanguageVersion.Preview);

    private readonly Lazy<ImmutableArray<string>> _lines;
    private readonly Lazy<CompilationUnitSyntax> _syntax;

    internal SourceFile(string path, string text)
    {
        Path = path;
        Text = text;
        _lines = new(() => [.. SplitLines(text)]);
        _syntax = new(() => CSharpSyntaxTree.ParseText(text, Newest, path).GetCompilationUnitRoot());
    }

    internal string Path { get; }

    internal string Text { get; }

    internal ImmutableArray<string> Lines => _lines.Value;

    internal CompilationUnitSyntax Syntax => _syntax.Value;

    internal bool IsCSharp => Has(".cs") && !IsGenerated;

    /// <summary>Whether the file is generated, according to the end of the file name.</summary>
    internal bool IsGenerated =>
        Has(".g.cs") || Has(".d.ts") || Has(".min.js") || Has(".lock.json")
        || Has("package-lock.json") || Has("pnpm-lock.yaml") || Has("yarn.lock");

    internal bool Has(string ending) => Path.EndsWith(ending, StringComparison.Ordinal);

    internal bool IsUnder(string folder) => Path.StartsWith(folder, StringComparison.Ordinal);

    /// <summary>
    /// Reads a file. Returns null if the file contains a NUL byte, because it is then a binary file.
    /// </summary>
    internal static SourceFile? Read(string path, string fullPath)
    {
        var bytes = File.ReadAllBytes(fullPath);
        return bytes.AsSpan().Contains((byte)0) ? null : new SourceFile(path, Encoding.UTF8.GetString(bytes));
    }

    private static IEnumerable<string> SplitLines(string text)
    {
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r'));
        return text.Length == 0 || text[^1] == '\n' ? lines.SkipLast(1) : lines;
    }
}
