using System.Buffers;

namespace Terse.Links;

/// <summary>
/// Checks custom codes, which clients choose themselves. A custom code must not begin with a digit, because
/// only generated codes that contain their time of creation begin with a digit. Terse uses this time to
/// decide whether a replica is up to date enough to answer "not found" for the code.
/// </summary>
internal static class CustomCode
{
    /// <summary>The maximum length of a code in characters.</summary>
    public const int MaxLength = 64;

    private const string Field = "code";

    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.");

    /// <summary>
    /// Paths that Terse uses or may use later, and paths that browsers and crawlers request from every host.
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

    /// <summary>Returns why <paramref name="code"/> cannot be a custom code; null if it can.</summary>
    public static Refusal? Check(string code)
    {
        if (code.Length is 0 or > MaxLength)
            return new(RefusalKind.CodeInvalid, Field, $"A code must have 1 to {MaxLength} characters.");
        var wrong = code.AsSpan().IndexOfAnyExcept(Alphabet);
        if (wrong >= 0)
        {
            return new(
                RefusalKind.CodeInvalid,
                Field,
                $"Character {wrong + 1} of the code is not allowed; use A–Z, a–z, 0–9, '-', '_' and '.'.");
        }

        if (char.IsAsciiDigit(code[0]))
        {
            return new(
                RefusalKind.CodeInvalid,
                Field,
                $"A custom code must not begin with a digit; try '{Suggest(code)}'.");
        }

        if (code is "." or "..")
        {
            return new(
                RefusalKind.CodeReserved,
                Field,
                "Browsers resolve '.' and '..' as folders; choose another code.");
        }

        return IsReserved(code)
            ? new(RefusalKind.CodeReserved, Field, $"The code '{code}' is reserved; choose another code.")
            : null;
    }

    /// <summary>Whether the code is a reserved path. No link can have a reserved path as its code.</summary>
    public static bool IsReserved(ReadOnlySpan<char> code) => ReservedSpans.Contains(code);

    /// <summary>
    /// Whether the length and the characters of the text are valid for a code. If not, no link has this code,
    /// and a lookup is unnecessary.
    /// </summary>
    public static bool CouldBeCode(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && !text.ContainsAnyExcept(Alphabet);

    /// <summary>
    /// Suggests a valid code by moving the leading digits to the end: <c>2026-sale</c> becomes
    /// <c>sale-2026</c>.
    /// </summary>
    private static string Suggest(string code)
    {
        var digits = code.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var rest = digits < 0 ? "" : code[digits..].TrimStart('-', '_', '.');
        rest = rest.Length == 0 || char.IsAsciiDigit(rest[0]) ? "n" + code : $"{rest}-{code[..digits]}";
        return rest.Length <= MaxLength ? rest : rest[..MaxLength];
    }
}
