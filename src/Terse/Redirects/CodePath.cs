using Terse.Links;

namespace Terse.Redirects;

/// <summary>A path that names a link: <c>/{code}</c>, <c>/{code}/</c>, or <c>/{code}+</c>.</summary>
/// <param name="code">A text that can be a code and is not a path of Terse itself.</param>
/// <param name="isPreview">Whether the request asks for a preview in place of a redirect.</param>
internal readonly ref struct CodePath(ReadOnlySpan<char> code, bool isPreview)
{
    /// <summary>Characters of the longest path: a slash, the code, a plus, and a slash.</summary>
    public const int MaxLength = CustomCode.MaxLength + 3;

    public ReadOnlySpan<char> Code { get; } = code;

    public bool IsPreview { get; } = isPreview;

    /// <summary>Reads a path; false where the path names no link.</summary>
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
