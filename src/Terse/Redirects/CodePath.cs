using Microsoft.AspNetCore.Http.Features;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A request path that names a link: <c>/{code}</c>, <c>/{code}/</c>, <c>/{code}/{subpath}</c> for a link
/// that forwards paths, or <c>/{code}+</c>, which asks for a preview.
/// </summary>
/// <param name="code">The code in the path, without the slashes and the plus sign.</param>
/// <param name="isPreview">
/// Whether the path ends with a plus sign: the client asks for a preview instead of a redirect.
/// </param>
/// <param name="hasSubpath">Whether a subpath of more than a slash follows the code.</param>
internal readonly ref struct CodePath(ReadOnlySpan<char> code, bool isPreview, bool hasSubpath)
{
    /// <summary>
    /// The maximum length, in UTF-16 code units, of a path that is only a slash and the code of a link.
    /// </summary>
    public const int MaxLength = CustomCode.MaxUnits + 1;

    public ReadOnlySpan<char> Code { get; } = code;

    public bool IsPreview { get; } = isPreview;

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
        var isPreview = !hasSubpath && code is [.., '+'];
        code = isPreview ? code[..^1] : code;
        read = new CodePath(code, isPreview, hasSubpath);
        return CustomCode.CouldBeCode(code) && !CustomCode.IsReserved(code);
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
}
