using Microsoft.AspNetCore.Http.Features;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A request path that names a link: <c>/{code}</c>, <c>/{code}/</c>, <c>/{code}/{subpath}</c> for a link
/// that forwards paths, or a code with a <see cref="CodeSuffix"/>.
/// </summary>
/// <param name="code">The code in the path, without the slashes and the suffix.</param>
/// <param name="suffix">What follows the code, if no link has the code together with the suffix.</param>
/// <param name="hasSubpath">Whether a subpath of more than a slash follows the code.</param>
internal readonly ref struct CodePath(ReadOnlySpan<char> code, CodeSuffix suffix, bool hasSubpath)
{
    /// <summary>
    /// The maximum length, in UTF-16 code units, of a path that is only a slash and the code of a link.
    /// </summary>
    public const int MaxLength = CustomCode.MaxUnits + 1;

    private const string PreviewText = "+";
    private const string QrText = ".qr";

    public ReadOnlySpan<char> Code { get; } = code;

    public CodeSuffix Suffix { get; } = suffix;

    public bool HasSubpath { get; } = hasSubpath;

    /// <summary>
    /// Parses a path. Returns false if the path cannot name a link, or if Terse reserves the path for itself.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> path, out CodePath read)
    {
        var code = path is ['/', .. var rest] ? rest : [];
        var slash = code.IndexOf('/');
        var hasSubpath = slash >= 0 && slash < code.Length - 1;
        code = slash < 0 ? code : code[..slash];
        var suffix = hasSubpath ? CodeSuffix.None : SuffixOf(code);
        var stem = code[..^TextOf(suffix).Length];
        read = suffix != CodeSuffix.None && IsCode(stem)
            ? new CodePath(stem, suffix, hasSubpath)
            : new CodePath(code, CodeSuffix.None, hasSubpath);
        return IsCode(read.Code);
    }

    /// <summary>
    /// Returns the name that a link would have whose code contains the suffix; null if no code can contain
    /// it.
    /// </summary>
    public LinkName? NameWithSuffix(string domain)
    {
        if (Suffix == CodeSuffix.None)
            return null;
        var whole = $"{Code}{TextOf(Suffix)}";
        return IsCode(whole) ? new(domain, whole) : null;
    }

    /// <summary>
    /// Returns the subpath, the part of the path after the code, as the client sent it, not decoded. The
    /// subpath is empty or begins with a slash. It is a dot segment if any segment of the path is one.
    /// </summary>
    public static string SubpathOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
            target = Uri.TryCreate(target, UriKind.Absolute, out var uri) ? uri.AbsolutePath : "/";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        if (ForwardedTarget.HasDotSegment(path))
            return "/.."; // The server has removed these segments from the path that it routes by.
        var slash = path.IndexOf('/', 1);
        return slash < 0 ? "" : path[slash..];
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
