using System.Globalization;
using System.Text;

namespace Terse.Fuzz;

/// <summary>
/// The inputs by which a parser is fuzzed first, and which the tests check. A file contains one input a line.
/// Printable ASCII characters stand for themselves, apart from the backslash; all other bytes are written
/// like <c>\x0A</c>.
/// </summary>
internal static class Corpus
{
    private const int EscapedLength = 4;

    public static IReadOnlyList<byte[]> Read(string file) => [.. File.ReadLines(file).Select(Unescape)];

    /// <summary>Writes each input of a corpus to a file of its own.</summary>
    public static void Unpack(string file, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (index, input) in Read(file).Index())
        {
            var name = index.ToString("D4", CultureInfo.InvariantCulture);
            File.WriteAllBytes(Path.Combine(folder, name), input);
        }
    }

    /// <summary>Writes the files of a folder to a corpus, the shortest first.</summary>
    public static void Pack(string folder, string file)
    {
        var inputs = Directory.GetFiles(folder).Select(path => Escape(File.ReadAllBytes(path)));
        File.WriteAllLines(
            file,
            inputs.Distinct(StringComparer.Ordinal)
                .OrderBy(line => line.Length)
                .ThenBy(line => line, StringComparer.Ordinal));
    }

    public static string Escape(ReadOnlySpan<byte> input)
    {
        var line = new StringBuilder(input.Length);
        foreach (var value in input)
        {
            if (value is >= (byte)' ' and <= (byte)'~' and not (byte)'\\')
                line.Append((char)value);
            else
                line.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
        }

        return line.ToString();
    }

    /// <exception cref="FormatException">A backslash is not the beginning of an escaped byte.</exception>
    public static byte[] Unescape(string line)
    {
        var input = new List<byte>(line.Length);
        for (var index = 0; index < line.Length; index++)
        {
            if (line[index] != '\\')
            {
                input.Add((byte)line[index]);
                continue;
            }

            if (index + EscapedLength > line.Length || line[index + 1] != 'x')
                throw new FormatException($"'{line}' contains a backslash; write it as '\\x5C'.");
            input.Add(byte.Parse(
                line.AsSpan(index + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            index += EscapedLength - 1;
        }

        return [.. input];
    }
}
