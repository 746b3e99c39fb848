using System.Text;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// The file <c>hot-codes</c>: a line that names the format, one line <c>domain/code</c> for each link, the
/// hottest link first, and a line with the number of links. A file without the last line is incomplete.
/// </summary>
internal sealed class HotCodesFile(string folder)
{
    private const string FirstLine = "terse hot codes 1";
    private const string LastLine = "end ";

    public string Path { get; } = System.IO.Path.Combine(folder, "hot-codes");

    /// <summary>Replaces the file in one step.</summary>
    /// <exception cref="IOException">The file cannot be written; the file before is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not write the file.</exception>
    public async Task WriteAsync(
        IReadOnlyList<LinkName> names, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var unfinished = Path + ".new";
        var lines = names.Select(name => $"{name.Domain}/{name.Code}");
        await File.WriteAllLinesAsync(
            unfinished,
            [FirstLine, .. lines, LastLine + names.Count],
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            cancellationToken);
        File.Move(unfinished, Path, overwrite: true);
    }

    /// <summary>Reads the file; an empty list where there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is incomplete, or has another format.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The process may not read the file.</exception>
    public async Task<IReadOnlyList<LinkName>> ReadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Path))
            return [];
        var lines = await File.ReadAllLinesAsync(Path, cancellationToken);
        if (lines.Length < 2 || lines[0] != FirstLine || lines[^1] != LastLine + (lines.Length - 2))
            throw new InvalidDataException("the file is incomplete or has another format.");
        return [.. lines[1..^1].Select(ReadLine)];
    }

    private static LinkName ReadLine(string line)
    {
        var slash = line.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !CustomCode.CouldBeCode(line.AsSpan(slash + 1)))
            throw new InvalidDataException("the file contains a line that is not a link.");
        return new(line[..slash], line[(slash + 1)..]);
    }
}
