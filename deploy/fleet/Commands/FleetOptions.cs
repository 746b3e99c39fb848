using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Terse.Harness;

namespace Terse.FleetTool;

/// <summary>Options that several commands have, and the parsers of options.</summary>
internal static class FleetOptions
{
    public static Option<string> Data { get; } = new("--data")
    {
        Description = "The folder of the fleet. [default: data/fleet of the repository]",
        DefaultValueFactory = _ => Path.Combine(Repository.Root, "data/fleet"),
        CustomParser = argument => Path.GetFullPath(argument.Tokens[0].Value),
    };

    /// <summary>Creates an option with a whole number; null if the option is omitted.</summary>
    public static Option<int?> Number(string name, int min, int max, string description) => new(name)
    {
        Description = description,
        CustomParser = argument => ParseNumber(argument, name, min, max),
    };

    public static int? ParseNumber(ArgumentResult argument, string name, int min, int max)
    {
        var text = argument.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max)
        {
            return number;
        }

        argument.AddError($"{name} is '{text}'; it must be {min} to {max}.");
        return null;
    }

    public static ImmutableArray<string>? ParseZones(ArgumentResult argument)
    {
        ImmutableArray<string> zones = [.. argument.Tokens[0].Value.Split(',')];
        if (zones.Length <= FleetLayout.MaxServers && zones.All(IsZone))
            return zones;
        argument.AddError("--zones must be names such as a,b; each has letters, digits and hyphens.");
        return null;
    }

    private static bool IsZone(string zone) =>
        zone.Length is > 0 and <= 30
        && zone.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-');
}
