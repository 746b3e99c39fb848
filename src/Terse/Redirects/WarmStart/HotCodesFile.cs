using System.Text;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The file <c>hot-codes</c>: a line that says what it is, a line <c>domain/code</c> for each link, the one
/// first that would be missed most, and a line that tells their number, without which it was cut off.
/// </summary>
internal sealed class HotCodesFile(string folder)
{
    private const string FirstLine = "terse hot codes 1";
    private const string LastLine = "end ";

    public string Path { get; } = System.IO.Path.Combine(folder, "hot-codes");

    /// <summary>Writes it whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written; the one before is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public async Task WriteAsync(
        IReadOnlyList<LinkName> codes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var unfinished = Path + ".new";
        var lines = codes.Select(name => $"{name.Domain}/{name.Code}");
        await File.WriteAllLinesAsync(
            unfinished,
            [FirstLine, .. lines, LastLine + codes.Count],
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            cancellationToken);
        File.Move(unfinished, Path, overwrite: true);
    }

    /// <summary>Reads it; none where there is no file.</summary>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public async Task<IReadOnlyList<LinkName>> ReadAsync(
        CancellationToken cancellationToken)
    {
        if (!File.Exists(Path))
            return [];
        var lines = await File.ReadAllLinesAsync(Path, cancellationToken);
        if (lines.Length < 2 || lines[0] != FirstLine || lines[^1] != LastLine + (lines.Length - 2))
            throw new InvalidDataException("it is cut off, or another's file.");
        return [.. lines[1..^1].Select(ReadLine)];
    }

    private static LinkName ReadLine(string line)
    {
        var slash = line.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !CustomCode.CouldBeCode(line.AsSpan(slash + 1)))
            throw new InvalidDataException("it holds what is no code.");
        return new(line[..slash], line[(slash + 1)..]);
    }
}
