using System.CommandLine.Parsing;
using System.Globalization;

namespace Terse.Commands;

/// <summary>Reads the option <c>--interval</c>: seconds, such as <c>2s</c> or <c>2</c>.</summary>
internal static class TopInterval
{
    private const int MinSeconds = 1;
    private const int MaxSeconds = 60;

    public static TimeSpan Parse(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        var number = text.EndsWith('s') ? text[..^1] : text;
        const NumberStyles Style = NumberStyles.AllowDecimalPoint;
        if (double.TryParse(number, Style, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= MinSeconds and <= MaxSeconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        argument.AddError($"--interval must be {MinSeconds}s to {MaxSeconds}s, such as 2s.");
        return default;
    }
}
