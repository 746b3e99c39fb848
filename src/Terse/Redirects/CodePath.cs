using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http.Features;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// Reads the path of a request that names a link: <c>/{code}</c>, <c>/{code}/</c>, <c>/{code}/{subpath}</c>
/// for a link that forwards paths, or a code with a <see cref="CodeSuffix"/>. A code can contain slashes, so
/// a path can mean several codes: <c>/a/b</c> means the code <c>a/b</c>, or else the code <c>a</c> with the
/// subpath <c>/b</c>. An encoded slash (<c>%2F</c>) is never part of a code.
/// </summary>
internal static class CodePath
{
    /// <summary>
    /// The maximum length, in UTF-16 code units, of a path that is only a slash and the code of a link.
    /// </summary>
    public const int MaxLength = CustomCode.MaxUnits + 1;

    private const string PreviewText = "+";
    private const string QrText = ".qr";

    /// <summary>
    /// Returns the codes that a path can mean. The first one of them that a link has is meant. There are at
    /// most four codes, one for each of the first four segments, and one more if a path of at most four
    /// segments ends with <c>.qr</c>.
    /// </summary>
    /// <returns>
    /// The codes, the longest first; none if the path cannot name a link, or if Terse reserves the path for
    /// itself.
    /// </returns>
    public static IReadOnlyList<PossibleCode> Read(ReadOnlySpan<char> path)
    {
        if (path is not ['/', .. var text])
            return [];
        Span<int> ends = stackalloc int[CustomCode.MaxSlashes + 1];
        ends = ends[..FindEnds(text, ends)];
        if (ends.Length == 0 || CustomCode.IsReserved(text[..ends[^1]]))
            return [];
        var codes = new List<PossibleCode>(ends.Length);
        for (var index = ends.Length - 1; index >= 0; index--)
        {
            var code = text[..ends[index]];
            var hasSubpath = text.Length - code.Length > 1;
            if (IsCode(code))
                codes.Add(new(code.Length, CodeSuffix.None, hasSubpath));
            var suffix = hasSubpath ? CodeSuffix.None : SuffixOf(code);
            code = code[..^TextOf(suffix).Length];
            if (suffix != CodeSuffix.None && IsCode(code))
                codes.Add(new(code.Length, suffix, HasSubpath: false));
        }

        return codes;
    }

    /// <summary>
    /// Returns the subpath, the part of the path after the code, as the client sent it, not decoded. The
    /// subpath is empty or begins with a slash. It is a dot segment if any segment of the path is one.
    /// </summary>
    public static string SubpathOf(HttpContext context, string code)
    {
        var path = SentPathOf(context);
        return ForwardedTarget.HasDotSegment(path)
            ? "/.." // The server has removed these segments from the path that it routes by.
            : path[EndOf(code, path)..];
    }

    /// <summary>Returns the path up to the end of the code, as the client sent it, not decoded.</summary>
    public static string CodePartOf(HttpContext context, string code)
    {
        var path = SentPathOf(context);
        return path[..EndOf(code, path)];
    }

    /// <summary>
    /// Finds the ends of the first segments of a path, each up to a slash or to the end of the path. Stops
    /// before an empty segment, because no code contains one.
    /// </summary>
    private static int FindEnds(ReadOnlySpan<char> text, Span<int> ends)
    {
        var count = 0;
        for (var start = 0; count < ends.Length && start < text.Length; start = ends[count - 1] + 1)
        {
            var length = text[start..].IndexOf('/');
            if (length == 0)
                break;
            ends[count++] = length < 0 ? text.Length : start + length;
        }

        return count;
    }

    private static string SentPathOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
            target = Uri.TryCreate(target, UriKind.Absolute, out var uri) ? uri.AbsolutePath : "/";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    /// <summary>Returns where the code ends in a path that begins with this code.</summary>
    private static int EndOf(string code, string path)
    {
        var end = 0;
        for (var segments = code.Count(character => character == '/') + 1; segments > 0; segments--)
        {
            end = path.IndexOf('/', end + 1);
            if (end < 0)
                return path.Length;
        }

        return end;
    }

    private static bool IsCode(ReadOnlySpan<char> code) =>
        CustomCode.CouldBeCode(code) && !CustomCode.IsReserved(code);

    private static CodeSuffix SuffixOf(ReadOnlySpan<char> code) =>
        code.EndsWith(PreviewText, StringComparison.Ordinal) ? CodeSuffix.Preview
        : code.EndsWith(QrText, StringComparison.Ordinal) ? CodeSuffix.Qr
        : CodeSuffix.None;

    private static string TextOf(CodeSuffix suffix) => suffix switch
    {
        CodeSuffix.Preview => PreviewText,
        CodeSuffix.Qr => QrText,
        _ => "",
    };
}

/// <summary>A code that a path can mean.</summary>
/// <param name="Length">The length of the code, which begins after the first slash of the path.</param>
/// <param name="Suffix">What follows the code.</param>
/// <param name="HasSubpath">Whether a subpath of more than a slash follows the code.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PossibleCode(int Length, CodeSuffix Suffix, bool HasSubpath);

/// <summary>
/// What a client asks for by the text after a code. A link whose own code contains this text has priority.
/// </summary>
internal enum CodeSuffix
{
    /// <summary>The client asks for the redirect.</summary>
    None,

    /// <summary>A plus sign: the client asks for a page that shows where the link leads.</summary>
    Preview,

    /// <summary><c>.qr</c>: the client asks for an image with the short URL as a QR code.</summary>
    Qr,
}
