using Terse.Links;

namespace Terse.Redirects;

/// <summary>A path that asks for a link: <c>/{code}</c>, <c>/{code}/</c>, or <c>/{code}+</c>.</summary>
/// <param name="code">What could be a code, and is no path of Terse's own.</param>
/// <param name="isPreview">Whether it is asked where the link leads, rather than to be led there.</param>
internal readonly ref struct CodePath(ReadOnlySpan<char> code, bool isPreview)
{
    public ReadOnlySpan<char> Code { get; } = code;

    public bool IsPreview { get; } = isPreview;

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
