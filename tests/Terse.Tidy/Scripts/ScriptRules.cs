using System.Text.RegularExpressions;

namespace Terse.Tidy.Scripts;

internal static partial class ScriptRules
{
    private static readonly string[] Commands = ["run", "test", "fleet"];

    /// <summary>
    /// Returns true if a file is a shell script, according to its name and its first line (the shebang).
    /// </summary>
    internal static bool IsScript(SourceFile file)
    {
        if (file.Has(".sh"))
            return true;
        var name = Path.GetFileName(file.Path);
        if (name.Contains('.', StringComparison.Ordinal) || file.Lines.Length == 0)
            return false;
        return file.Lines[0].StartsWith("#!", StringComparison.Ordinal)
            ? ShellShebang.IsMatch(file.Lines[0])
            : Commands.Contains(name, StringComparer.Ordinal);
    }

    internal static IEnumerable<Finding> Careless(SourceFile script)
    {
        if (script.Lines.Length == 0 || !ShellShebang.IsMatch(script.Lines[0]))
            yield return script.At(1, "no shebang: begin with #!/bin/sh or #!/usr/bin/env bash");

        var (index, first) = script.Lines.Index()
            .FirstOrDefault(line => line.Item.Trim() is { Length: > 0 } text && text[0] != '#');
        if (first is null || !StrictMode.IsMatch(first))
            yield return script.At(index + 1, "the first command must be `set -eu` or `set -euo pipefail`");
    }

    [GeneratedRegex(
        @"^#!\s*/\S*(/|env\s+)(ba|da|k)?sh\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ShellShebang { get; }

    [GeneratedRegex(
        @"^set -eu(x?o pipefail|x)?\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StrictMode { get; }
}
