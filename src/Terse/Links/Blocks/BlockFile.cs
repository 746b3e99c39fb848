using System.Globalization;
using System.Text;

namespace Terse.Links;

/// <summary>
/// A text file with blocked hosts, in UTF-8, one on each line: <c>evil.example</c> is a host,
/// <c>.evil.example</c> the host and all its subdomains, and <c>*-login.example</c> a pattern
/// (<see cref="BlockedHost"/>). A number sign begins a comment.
/// </summary>
internal static class BlockFile
{
    /// <summary>The maximum number of hosts in a file, so that the memory for them is known.</summary>
    public const int MaxHosts = 500_000;

    /// <summary>The maximum size of a file.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private const char ByteOrderMark = '\uFEFF';

    /// <summary>
    /// Refuses a file without content. Somebody may be writing it; and a device or a pipe has no length, so
    /// reading it could take forever.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is empty, or not a file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void AssertHasContent(string path)
    {
        var file = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        if (file.Length == 0)
        {
            throw new InvalidDataException(
                "the file is empty; write a comment such as '# none' into it if no host is blocked");
        }
    }

    /// <exception cref="InvalidDataException">
    /// The file is not a list of hosts; the message names the line.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public static BlockTable Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length > MaxBytes)
            throw new InvalidDataException($"the file has more than {MaxBytes / (1024 * 1024)} MiB");
        using var reader = new StreamReader(file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        var hosts = new HashSet<BlockedHost>();
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (ReadHost(number == 1 ? line.TrimStart(ByteOrderMark) : line, number) is not { } host)
                continue;
            hosts.Add(host);
            if (hosts.Count > MaxHosts)
                throw new InvalidDataException($"the file has more than {MaxHosts} hosts");
        }

        return new BlockTable(hosts);
    }

    /// <summary>Whether an exception says that a file cannot be used.</summary>
    public static bool IsFailure(Exception exception) => exception
        is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException;

    /// <summary>Returns the error for the operator whose file cannot be used.</summary>
    public static string Explain(string path, Exception exception) =>
        $"The file {path} with blocked hosts cannot be used: {exception.Message.TrimEnd('.')}. Correct "
        + "Blocks:File.";

    private static BlockedHost? ReadHost(string line, int number)
    {
        var comment = line.IndexOf('#', StringComparison.Ordinal);
        var text = (comment < 0 ? line : line[..comment]).Trim();
        if (text.Length == 0)
            return null;
        return BlockedHost.TryParse(text, out var host, out var reason)
            ? host
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"line {number}: '{Refusal.Shorten(text)}' {reason}"));
    }
}
