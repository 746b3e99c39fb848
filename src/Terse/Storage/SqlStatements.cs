using System.Text.RegularExpressions;

namespace Terse.Storage;

/// <summary>
/// Splits the text of a migration into its statements. Knows comments, quoted texts and names, the bodies of
/// PostgreSQL's functions ($$ … $$) and of SQLite's triggers (BEGIN … END). The migrations of Terse use no
/// other quotes.
/// </summary>
internal static partial class SqlStatements
{
    /// <summary>Returns the statements without comments, each on one line, and without semicolons.</summary>
    public static IEnumerable<string> Split(string migration)
    {
        var begin = 0;
        var isInBody = false;
        var text = Comment.Replace(migration, match => match.Groups["comment"].Success ? "" : match.Value);
        foreach (Match token in Token.Matches(text))
        {
            if (token.Groups["begin"].Success)
                isInBody |= Trigger.IsMatch(text[begin..token.Index]);
            else if (token.Groups["end"].Success)
                isInBody = false;
            if (!token.Groups["semicolon"].Success || isInBody)
                continue;
            if (OnOneLine(text[begin..token.Index]) is { Length: > 0 } statement)
                yield return statement;
            begin = token.Index + 1;
        }

        if (OnOneLine(text[begin..]) is { Length: > 0 } last)
            yield return last;
    }

    private static string OnOneLine(string statement) => Space.Replace(statement, " ").Trim();

    private const string Quoted = @"'(?:[^']|'')*'|""[^""]*""|\$\$.*?\$\$";

    [GeneratedRegex(
        $@"(?<comment>--[^\n]*)|{Quoted}",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Comment { get; }

    [GeneratedRegex(
        $@"{Quoted}|(?<semicolon>;)|\b(?<begin>BEGIN)\b|(?<=;\s*)\b(?<end>END)\b(?=\s*(;|\z))",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token { get; }

    [GeneratedRegex(@"\A\s*CREATE\s+TRIGGER\b", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Trigger { get; }

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Space { get; }
}
