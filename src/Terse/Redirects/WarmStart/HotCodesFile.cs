using System.Text;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Reads and writes the file <c>hot-codes</c>, which lists the links that are followed most often (the
/// hottest links). The first line names the format. Each following line contains the domain and the code of
/// one link as <c>domain/code</c>; the hottest link comes first. The last line contains the number of links;
/// a file without this line is incomplete.
/// </summary>
internal sealed class HotCodesFile(string folder)
{
    private const string FirstLine = "terse hot codes 1";
    private const string LastLine = "end ";

    public string Path { get; } = System.IO.Path.Combine(folder, "hot-codes");

    public bool Exists => File.Exists(Path);

    /// <summary>
    /// Writes the names to a new file, and then renames the new file to <see cref="Path"/>, so that an
    /// existing file is replaced in one step.
    /// </summary>
    /// <exception cref="IOException">Writing the file failed. An existing file stays unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">
    /// The process has no permission to write the file.
    /// </exception>
    public async Task WriteAsync(
        IReadOnlyList<LinkName> names, CancellationToken cancellationToken)
    {
        OwnFiles.CreateFolder(folder);
        var unfinished = Path + ".new";
        OwnFiles.CreateFile(unfinished);
        var lines = names.Select(name => $"{name.Domain}/{name.Code}");
        await File.WriteAllLinesAsync(
            unfinished,
            [FirstLine, .. lines, LastLine + names.Count],
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            cancellationToken);
        File.Move(unfinished, Path, overwrite: true);
    }

    /// <summary>
    /// Returns the names in the file, the hottest link first; an empty list if the file does not exist.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is incomplete or has a different format.</exception>
    /// <exception cref="IOException">Reading the file failed.</exception>
    /// <exception cref="UnauthorizedAccessException">
    /// The process has no permission to read the file.
    /// </exception>
    public async Task<IReadOnlyList<LinkName>> ReadAsync(CancellationToken cancellationToken)
    {
        if (!Exists)
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
