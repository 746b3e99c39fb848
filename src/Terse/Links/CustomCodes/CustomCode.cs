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

    /// <summary>The maximum number of slashes in a code.</summary>
    public const int MaxSlashes = 3;

    private const string Field = "code";

    private const string SlashAdvice = " The setting Codes:AllowSlash allows slashes.";

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
    /// <param name="allowSlash">Whether the code may contain slashes.</param>
    public static Refusal? Check(string code, bool allowMixedScripts = false, bool allowSlash = false)
    {
        var refusal = FindRefusal(code, allowMixedScripts, allowSlash);
        return refusal is { Kind: RefusalKind.CodeInvalid }
            && Suggest(code, allowMixedScripts, allowSlash) is { } suggestion
            ? refusal with { Detail = $"{refusal.Detail} Try '{suggestion}'." }
            : refusal;
    }

    private static Refusal? FindRefusal(string code, bool allowMixedScripts, bool allowSlash)
    {
        var length = code.EnumerateRunes().Count();
        if (length is 0 or > MaxLength)
        {
            return Invalid(string.Create(
                CultureInfo.InvariantCulture,
                $"A code must have 1 to {MaxLength} characters; it has {length}."));
        }

        if (CodeCharacters.FindMistake(code, allowSlash) is { } mistake)
            return Invalid(Explain(mistake));
        if (FindWrongSlash(code) is { } wrong)
            return Invalid(wrong);
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

        return !IsReserved(code) ? null : new(
            RefusalKind.CodeReserved,
            Field,
            code.Contains('/', StringComparison.Ordinal)
                ? $"The code begins with '{code.Split('/')[0]}', which is reserved; choose another code."
                : $"The code '{code}' is reserved; choose another code.");
    }

    /// <summary>
    /// Whether the code, or its part before the first slash, is a reserved path. No link has such a code.
    /// </summary>
    public static bool IsReserved(ReadOnlySpan<char> code)
    {
        var slash = code.IndexOf('/');
        return ReservedSpans.Contains(slash < 0 ? code : code[..slash]);
    }

    /// <summary>
    /// Whether the length and the characters of the text are valid for a code. If not, no link has this code,
    /// and a lookup is unnecessary. Slashes are valid here whatever the settings of this server are, because
    /// another server may allow them, or this server may have allowed them before.
    /// </summary>
    public static bool CouldBeCode(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxUnits
        && CodeCharacters.AreAllowed(text, allowSlash: true)
        && (!text.Contains('/') || FindWrongSlash(text.ToString()) is null);

    /// <summary>Returns what is wrong about the slashes of a code; null if nothing is.</summary>
    private static string? FindWrongSlash(string code)
    {
        var segments = code.Split('/');
        if (segments.Length == 1)
            return null;
        if (segments.Length > MaxSlashes + 1)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"A code can have at most {MaxSlashes} slashes; it has {segments.Length - 1}.");
        }

        if (segments[0].Length == 0 || segments[^1].Length == 0)
            return "A code must not begin or end with a slash.";
        if (segments.Contains("", StringComparer.Ordinal))
            return "A code must not contain two slashes in a row.";
        return Array.Find(segments, IsDotSegment) is { } dots
            ? $"A part of the code is '{dots}', which browsers resolve as a folder."
            : null;
    }

    private static bool IsDotSegment(string segment) => segment is "." or "..";

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
                + $"digits, emoji and -_.~!$&'()*,;=:@.{(rune.Value == '/' ? SlashAdvice : "")}");
    }

    /// <summary>
    /// Replaces each character that is not allowed by a hyphen, and moves leading digits to the end:
    /// <c>2026 sale</c> becomes <c>sale-2026</c>. Removes wrong slashes. Returns null if the result is no
    /// valid code either.
    /// </summary>
    private static string? Suggest(string code, bool allowMixedScripts, bool allowSlash)
    {
        var allowed = new StringBuilder();
        foreach (var rune in code.EnumerateRunes())
            allowed.Append(CodeCharacters.AreAllowed(rune.ToString(), allowSlash) ? rune.ToString() : "-");
        var text = MendSlashes(allowed.ToString()).Trim('-');
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits != 0)
        {
            var rest = digits < 0 ? "" : text[digits..].TrimStart('-', '_', '.', '/');
            text = rest.Length == 0 || char.IsAsciiDigit(rest[0]) ? "n" + text : $"{rest}-{text[..digits]}";
        }

        text = string.Concat(text.EnumerateRunes().Take(MaxLength));
        return text != code && FindRefusal(text, allowMixedScripts, allowSlash) is null ? text : null;
    }

    private static string MendSlashes(string code)
    {
        var segments = code.Split('/');
        if (segments.Length == 1)
            return code;
        segments = [.. segments.Where(segment => segment.Length > 0 && !IsDotSegment(segment))];
        return string.Join(
            '/', [.. segments.Take(MaxSlashes), string.Join('-', segments.Skip(MaxSlashes))]).TrimEnd('/');
    }
}
