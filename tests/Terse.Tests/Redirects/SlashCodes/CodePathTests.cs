using FsCheck;
using FsCheck.Fluent;
using Terse.Redirects;

namespace Terse.Tests.Redirects;

/// <summary>Tests which codes a path can mean.</summary>
public sealed class CodePathTests
{
    private static readonly string[] Reserved = ["api", "livez", "robots.txt"];

    [Theory]
    [InlineData("/", "")]
    [InlineData("", "")]
    [InlineData("sale", "")]
    [InlineData("/sale", "sale")]
    [InlineData("/sale/", "sale")]
    [InlineData("/sale//", "sale //")]
    [InlineData("//sale", "")]
    [InlineData("/a/b", "a/b, a /b")]
    [InlineData("/a/b/", "a/b, a /b/")]
    [InlineData("/a/b//c", "a/b //c, a /b//c")]
    [InlineData("/a/b/c/d/e/f", "a/b/c/d /e/f, a/b/c /d/e/f, a/b /c/d/e/f, a /b/c/d/e/f")]
    [InlineData("/a+", "a Preview")]
    [InlineData("/a/b+", "a/b Preview, a /b+")]
    [InlineData("/a+/b", "")]
    [InlineData("/menu.qr", "menu.qr, menu Qr")]
    [InlineData("/a/menu.qr/", "a/menu.qr, a/menu Qr, a /menu.qr/")]
    [InlineData("/a.qr/b", "a.qr/b, a.qr /b")]
    [InlineData("/a/.qr", "a/.qr, a /.qr")]
    [InlineData("/a/b%2Fc", "a /b%2Fc")]
    [InlineData("/a%2Fb", "")]
    [InlineData("/api/v1/links", "")]
    [InlineData("/LiveZ/x", "")]
    [InlineData("/a/api", "a/api, a /api")]
    [InlineData("/a/b c/d", "a /b c/d")]
    public void A_path_means_the_longest_code_first(string path, string expected) =>
        Assert.Equal(expected, string.Join(", ", CodePath.Read(path).Select(code => TextOf(path, code))));

    /// <summary>Compares with a plain reference that tries each beginning of the path.</summary>
    [Fact]
    public void A_path_means_each_beginning_that_can_be_a_code()
    {
        var segment = Gen.Elements(
            "a", "b", "구글", "x.qr", ".qr", "+", "y+", "", ".", "..", "api", "livez", "c d", "%2F", "🍞");
        var paths = segment.ListOf().Select(segments => "/" + string.Join('/', segments));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5_000),
            Prop.ForAll(paths.ToArbitrary(), path => Assert.Equal(
                Expect(path), CodePath.Read(path).Select(code => TextOf(path, code)))));
    }

    [Fact]
    public void A_path_of_many_segments_means_at_most_four_codes()
    {
        Assert.Equal(4, CodePath.Read("/" + string.Join('/', Enumerable.Repeat("wp-admin", 1_000))).Count);
        Assert.Empty(CodePath.Read("/" + new string('a', 100_000) + "/b"));
    }

    private static IEnumerable<string> Expect(string path)
    {
        for (var end = path.Length; end > 1; end--)
        {
            var (code, rest) = (path[1..end], path[end..]);
            if (rest.Length > 0 && rest[0] != '/')
                continue;
            var subpath = rest.Length > 1 ? " " + rest : "";
            if (IsCode(code))
                yield return code + subpath;
            if (subpath.Length == 0 && code.EndsWith('+') && IsCode(code[..^1]))
                yield return code[..^1] + " Preview";
            if (subpath.Length == 0 && code.EndsWith(".qr", StringComparison.Ordinal) && IsCode(code[..^3]))
                yield return code[..^3] + " Qr";
        }
    }

    private static bool IsCode(string code)
    {
        var segments = code.Split('/');
        return segments.Length <= 4
            && segments.All(segment => segment.Length > 0)
            && !code.Any(character => " %+".Contains(character, StringComparison.Ordinal))
            && (segments.Length == 1 || !segments.Any(segment => segment is "." or ".."))
            && !Reserved.Contains(segments[0], StringComparer.Ordinal);
    }

    private static string TextOf(string path, PossibleCode code)
    {
        var rest = code.HasSubpath ? " " + path[(code.Length + 1)..] : "";
        var suffix = code.Suffix == CodeSuffix.None ? "" : " " + code.Suffix;
        return path[1..(code.Length + 1)] + suffix + rest;
    }
}
