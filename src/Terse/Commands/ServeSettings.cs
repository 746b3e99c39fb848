using System.CommandLine;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>Reads the settings of a server from the command line.</summary>
internal static class ServeSettings
{
    public static readonly Option<string> Urls = new("--urls")
    {
        Description = "The addresses to listen on, separated by semicolons. [default: http://127.0.0.1:8080]",
    };

    public static readonly Option<string> Data = new("--data")
    {
        Description = "The folder of the database. [default: data]",
    };

    /// <summary>
    /// Returns the settings that the command line contains. The settings of other sources are not included.
    /// </summary>
    public static List<KeyValuePair<string, string?>> Read(ParseResult arguments)
    {
        var settings = ReadPairs([.. arguments.UnmatchedTokens]);
        if (arguments.GetValue(Urls) is { } urls)
            settings.Add(new("Urls", urls));
        if (arguments.GetValue(Data) is { } data)
            settings.Add(new("Storage:Folder", data));
        return settings;
    }

    private static List<KeyValuePair<string, string?>> ReadPairs(string[] tokens)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        for (var index = 0; index < tokens.Length; index++)
        {
            var token = tokens[index];
            var (name, value) = token.Split('=', 2) is [var left, var right] ? (left, right) : (token, null);
            if (!name.StartsWith("--", StringComparison.Ordinal)
                || !(name.Contains(':') || name.Equals("--Urls", StringComparison.OrdinalIgnoreCase)))
            {
                throw new StartupException(
                    $"'{token}' is not an option or a setting; write a setting as --Section:Setting VALUE.");
            }

            if (value is null && ++index < tokens.Length)
                value = tokens[index];
            if (value is null)
                throw new StartupException($"The setting '{token}' needs a value.");
            pairs.Add(new(name[2..], value));
        }

        return pairs;
    }

    /// <summary>
    /// Validates all settings of the server at once, instead of each setting when it is first used.
    /// </summary>
    /// <exception cref="StartupException">
    /// At least one setting is wrong. The message contains one line for each error.
    /// </exception>
    public static void AssertValid(IServiceProvider services)
    {
        var errors = SettingsErrors.Find(services);
        if (errors.Count > 0)
        {
            var lines = errors.Prepend("some settings are wrong; correct these:");
            throw new StartupException(string.Join(Environment.NewLine + "  ", lines));
        }
    }
}
