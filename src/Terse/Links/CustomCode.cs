using System.Buffers;

namespace Terse.Links;

/// <summary>
/// The rules of codes that people choose. They never begin with a digit, because that is how a redirect
/// tells a generated code, which carries its time, from every other.
/// </summary>
internal static class CustomCode
{
    /// <summary>Characters of the longest code.</summary>
    public const int MaxLength = 64;

    private const string Field = "code";

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.");

    /// <summary>
    /// Paths that are Terse's own, now or in a version to come, and those that programs ask every host for.
    /// </summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "admin", "api", "app", "assets", "docs", "errors", "favicon.ico", "health", "healthz", "help",
        "index.html", "livez", "login", "logout", "metrics", "openapi", "openapi.json", "ready", "readyz",
        "robots.txt", "security.txt", "sitemap.xml", "static", "status", "swagger", "ui", "version",
        ".well-known",
    };

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> ReservedSpans =
        Reserved.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Says why <paramref name="code"/> cannot be chosen, or null when it can.</summary>
    public static Refusal? Check(string code)
    {
        if (code.Length is 0 or > MaxLength)
            return new(RefusalKind.CodeInvalid, Field, $"A code has 1 to {MaxLength} characters.");
        var wrong = code.AsSpan().IndexOfAnyExcept(Alphabet);
        if (wrong >= 0)
        {
            return new(
                RefusalKind.CodeInvalid,
                Field,
                $"Character {wrong + 1} of the code is not one of A–Z, a–z, 0–9, '-', '_' and '.'.");
        }

        if (char.IsAsciiDigit(code[0]))
        {
            return new(
                RefusalKind.CodeInvalid,
                Field,
                $"A code that is chosen cannot begin with a digit; how about '{Suggest(code)}'?");
        }

        if (code is "." or "..")
        {
            return new(
                RefusalKind.CodeReserved, Field, "Browsers take '.' and '..' for folders; choose another.");
        }

        return IsReserved(code)
            ? new(RefusalKind.CodeReserved, Field, $"'{code}' is a path of Terse's own; choose another.")
            : null;
    }

    /// <summary>Whether the code is a path of Terse's own, which no link can have.</summary>
    public static bool IsReserved(ReadOnlySpan<char> code) => ReservedSpans.Contains(code);

    /// <summary>Whether any link could have this code; what cannot be one need not be looked up.</summary>
    public static bool CouldBeCode(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && !text.ContainsAnyExcept(Alphabet);

    /// <summary>Moves the digits in front to the end: <c>2026-sale</c> becomes <c>sale-2026</c>.</summary>
    private static string Suggest(string code)
    {
        var digits = code.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var rest = digits < 0 ? "" : code[digits..].TrimStart('-', '_', '.');
        rest = rest.Length == 0 || char.IsAsciiDigit(rest[0]) ? "n" + code : $"{rest}-{code[..digits]}";
        return rest.Length <= MaxLength ? rest : rest[..MaxLength];
    }
}
