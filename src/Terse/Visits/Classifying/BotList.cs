using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Terse.Visits;

/// <summary>
/// Detects bots by their user agent. The patterns come from a public list (source and license:
/// Bots/README.md). Most patterns are plain texts, and a single pass over the user agent searches for all
/// these texts. The other patterns form one regular expression that never backtracks. The first call builds
/// both searches in about 10 ms.
/// </summary>
internal static class BotList
{
    private static readonly SearchValues<char> Operators = SearchValues.Create("\\^$.|?*+()[]{}");

    private static readonly Lazy<(SearchValues<string> Texts, Regex Others)> Patterns = new(Load);

    public static bool Has(ReadOnlySpan<char> userAgent)
    {
        var (texts, others) = Patterns.Value;
        return userAgent.ContainsAny(texts) || others.IsMatch(userAgent);
    }

    private static (SearchValues<string> Texts, Regex Others) Load()
    {
        const string Name = "Terse.Visits.Classifying.Bots.patterns.json";
        using var stream = typeof(BotList).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException("The list of bots is not embedded in the program.");
        using var json = JsonDocument.Parse(stream);

        var texts = new List<string>();
        var others = new List<string>();
        foreach (var pattern in json.RootElement.EnumerateArray().Select(element => element.GetString()!))
        {
            if (TextOf(pattern) is { } text)
                texts.Add(text);
            else
                others.Add($"(?:{pattern})");
        }

        return (
            SearchValues.Create([.. texts], StringComparison.Ordinal),
            new Regex(
                string.Join('|', others),
                RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant));
    }

    /// <summary>
    /// Returns the only text that a pattern matches; null if the pattern can match several texts.
    /// </summary>
    internal static string? TextOf(string pattern)
    {
        var text = new StringBuilder(pattern.Length);
        for (var at = 0; at < pattern.Length; at++)
        {
            var isEscape = pattern[at] == '\\' && at + 1 < pattern.Length
                && !char.IsLetterOrDigit(pattern[at + 1]);
            if (isEscape)
                at++;
            else if (Operators.Contains(pattern[at]))
                return null;
            text.Append(pattern[at]);
        }

        return text.ToString();
    }
}
