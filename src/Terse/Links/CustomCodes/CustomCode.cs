using System.Globalization;
using System.Text;

namespace Terse.Links;

/// <summary>
/// Checks custom codes, which clients choose themselves. A custom code must not begin with a digit, because
/// only generated codes that contain their time of creation begin with a digit. Terse uses this time to
/// decide whether a replica is up to date enough to answer "not found" for the code.
/// </summary>
internal static class CustomCode
{
    /// <summary>The maximum length of a code in characters (Unicode scalar values).</summary>
    public const int MaxLength = 128;

    /// <summary>The maximum length of a code in UTF-16 code units, two for each character.</summary>
    public const int MaxUnits = 2 * MaxLength;

    private const string Field = "code";

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
    /// <param name="code">The code that the client chose.</param>
    /// <param name="allowMixedScripts">
    /// Whether the code may mix Latin letters with Greek or Cyrillic ones, which look alike.
    /// </param>
    public static Refusal? Check(string code, bool allowMixedScripts = false)
    {
        var refusal = FindRefusal(code, allowMixedScripts);
        return refusal is { Kind: RefusalKind.CodeInvalid }
            && Suggest(code, allowMixedScripts) is { } suggestion
            ? refusal with { Detail = $"{refusal.Detail} Try '{suggestion}'." }
            : refusal;
    }

    private static Refusal? FindRefusal(string code, bool allowMixedScripts)
    {
        var length = code.EnumerateRunes().Count();
        if (length is 0 or > MaxLength)
        {
            return Invalid(string.Create(
                CultureInfo.InvariantCulture,
                $"A code must have 1 to {MaxLength} characters; it has {length}."));
        }

        if (CodeCharacters.FindMistake(code) is { } mistake)
            return Invalid(Explain(mistake));
        if (!allowMixedScripts && Scripts.AreMixed(code))
        {
            return Invalid(
                "The code mixes Latin letters with Greek or Cyrillic ones, which look alike; use letters of "
                + "one script, or send \"allowMixedScripts\": true.");
        }

        if (char.IsAsciiDigit(code[0]))
        {
            return Invalid("A custom code must not begin with a digit.");
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
        text.Length is > 0 and <= MaxUnits && CodeCharacters.AreAllowed(text);

    private static Refusal Invalid(string detail) => new(RefusalKind.CodeInvalid, Field, detail);

    private static string Explain(CodeMistake mistake)
    {
        var (position, rune, reason) = mistake;
        var shown = Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) ? "" : $"'{rune}', ";
        return reason == CodeMistakeReason.NotComposed
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Character {position} of the code ({shown}U+{rune.Value:X4}) is part of a letter that has a "
                + $"composed form; send the composed form (NFC).")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Character {position} of the code ({shown}U+{rune.Value:X4}) is not allowed; use letters, "
                + $"digits, emoji and -_.~!$&'()*,;=:@.");
    }

    /// <summary>
    /// Replaces each character that is not allowed by a hyphen, and moves leading digits to the end:
    /// <c>2026 sale</c> becomes <c>sale-2026</c>. Returns null if the result is no valid code either.
    /// </summary>
    private static string? Suggest(string code, bool allowMixedScripts)
    {
        var allowed = new StringBuilder();
        foreach (var rune in code.EnumerateRunes())
            allowed.Append(CodeCharacters.AreAllowed(rune.ToString()) ? rune.ToString() : "-");
        var text = allowed.ToString().Trim('-');
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits != 0)
        {
            var rest = digits < 0 ? "" : text[digits..].TrimStart('-', '_', '.');
            text = rest.Length == 0 || char.IsAsciiDigit(rest[0]) ? "n" + text : $"{rest}-{text[..digits]}";
        }

        text = string.Concat(text.EnumerateRunes().Take(MaxLength));
        return text != code && FindRefusal(text, allowMixedScripts) is null ? text : null;
    }
}
