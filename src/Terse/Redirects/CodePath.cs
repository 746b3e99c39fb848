using Terse.Links;

namespace Terse.Redirects;

/// <summary>
/// A request path that names a link: <c>/{code}</c>, <c>/{code}/</c>, or <c>/{code}+</c>, which asks for a
/// preview.
/// </summary>
/// <param name="code">The code in the path, without the slashes and the plus sign.</param>
/// <param name="isPreview">
/// Whether the path ends with a plus sign: the client asks for a preview instead of a redirect.
/// </param>
internal readonly ref struct CodePath(ReadOnlySpan<char> code, bool isPreview)
{
    /// <summary>
    /// The maximum length, in characters, of a path that names a link: a slash, the code, a plus sign and a
    /// slash.
    /// </summary>
    public const int MaxLength = CustomCode.MaxLength + 3;

    public ReadOnlySpan<char> Code { get; } = code;

    public bool IsPreview { get; } = isPreview;

    /// <summary>
    /// Parses a path. Returns false if the path cannot name a link, or if Terse reserves the path for itself.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> path, out CodePath read)
    {
        var code = path is ['/', .. var rest] ? rest : [];
        code = code is [.. var before, '/'] ? before : code;
        var isPreview = code is [.., '+'];
        code = isPreview ? code[..^1] : code;
        read = new CodePath(code, isPreview);
        return CustomCode.CouldBeCode(code) && !CustomCode.IsReserved(code);
    }
}
