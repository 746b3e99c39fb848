using System.Runtime.CompilerServices;
using System.Text;

namespace Terse.Commands;

/// <summary>
/// Reads the targets of <c>terse shorten</c>, each with the number of the line or argument that contains it.
/// </summary>
internal sealed class TargetSource(string[] arguments, Stream input)
{
    /// <summary>
    /// The fraction of the input that has been read, 0 to 1; null if the length of the input is unknown.
    /// </summary>
    public double? PartRead =>
        ReadsInput && input.CanSeek && input.Length > 0 ? (double)input.Position / input.Length : null;

    private bool ReadsInput => arguments is ["-"];

    /// <summary>
    /// Reads the targets in order. A byte order mark at the start of the input and empty lines are skipped.
    /// </summary>
    public async IAsyncEnumerable<(int Number, string Target)> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!ReadsInput)
        {
            for (var index = 0; index < arguments.Length; index++)
                yield return (index + 1, arguments[index]);
            yield break;
        }

        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            if (line.Length > 0)
                yield return (number, line);
        }
    }
}
