using System.Text;
using SharpFuzz.Common;

namespace Terse.Fuzz;

/// <summary>
/// The parsers that are fuzzed. Each has a check that parses one input and asserts what must hold for every
/// input. The fuzzer reports an input whose check throws an exception; the tests check the inputs of the
/// corpus.
/// </summary>
internal static class FuzzedParsers
{
    public static readonly SortedDictionary<string, Action<byte[]>> All = new(StringComparer.Ordinal)
    {
        ["code"] = OfText(CodeInvariants.Check),
        ["cursor"] = OfText(CursorInvariants.Check),
        ["forwarded"] = OfText(ForwardedInvariants.Check),
        ["host"] = OfText(HostInvariants.Check),
        ["rule"] = RuleInvariants.Check,
        ["target"] = OfText(TargetInvariants.Check),
        ["user-agent"] = UserAgentInvariants.Check,
    };

    /// <summary>Checks the input that a stream contains.</summary>
    public static void CheckOnce(Action<byte[]> check, Stream stream)
    {
        using var input = new MemoryStream();
        stream.CopyTo(input);
        Trace.PrevLocation = 0; // Otherwise the first edge depends on the input before this one.
        check(input.ToArray());
    }

    /// <remarks>
    /// The web server decodes all texts of a request as UTF-8, so no text contains half of a surrogate pair.
    /// </remarks>
    private static Action<byte[]> OfText(Action<string> check) =>
        input => check(Encoding.UTF8.GetString(input));
}
