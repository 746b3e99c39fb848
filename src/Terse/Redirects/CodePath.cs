using Microsoft.AspNetCore.Http.Features;
using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A request path that names a link: <c>/{code}</c>, <c>/{code}/</c>, <c>/{code}/more</c> for a link that
/// forwards paths, or <c>/{code}+</c>, which asks for a preview.
/// </summary>
/// <param name="code">The code in the path, without the slashes and the plus sign.</param>
/// <param name="isPreview">
/// Whether the path ends with a plus sign: the client asks for a preview instead of a redirect.
/// </param>
/// <param name="hasMore">Whether more than a slash follows the code.</param>
internal readonly ref struct CodePath(ReadOnlySpan<char> code, bool isPreview, bool hasMore)
{
    /// <summary>
    /// The maximum length, in characters, of a path that is only a slash and the code of a link.
    /// </summary>
    public const int MaxLength = CustomCode.MaxUnits + 1;

    public ReadOnlySpan<char> Code { get; } = code;

    public bool IsPreview { get; } = isPreview;

    public bool HasMore { get; } = hasMore;

    /// <summary>
    /// Parses a path. Returns false if the path cannot name a link, or if Terse reserves the path for itself.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> path, out CodePath read)
    {
        var code = path is ['/', .. var rest] ? rest : [];
        var slash = code.IndexOf('/');
        var hasMore = slash >= 0 && slash < code.Length - 1;
        code = slash < 0 ? code : code[..slash];
        var isPreview = !hasMore && code is [.., '+'];
        code = isPreview ? code[..^1] : code;
        read = new CodePath(code, isPreview, hasMore);
        return CustomCode.CouldBeCode(code) && !CustomCode.IsReserved(code);
    }

    /// <summary>
    /// Returns the part of the path after the code as the client sent it, without decoding it: a slash and
    /// more.
    /// </summary>
    public static string MoreOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
            target = Uri.TryCreate(target, UriKind.Absolute, out var uri) ? uri.AbsolutePath : "/";
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        var slash = path.IndexOf('/', 1);
        return slash < 0 ? "" : path[slash..];
    }
}
