using System.CommandLine;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>The settings of a server on the command line, for each command that takes them.</summary>
internal static class ServeSettings
{
    public static readonly Option<string> Urls = new("--urls")
    {
        Description = "The addresses to listen on, separated by semicolons. [default: http://127.0.0.1:8080]",
    };

    public static readonly Option<string> Data = new("--data")
    {
        Description = "The folder of the links' database. [default: data]",
    };

    /// <summary>Reads what the command line says; what it does not, other sources do.</summary>
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
            var (key, value) = token.Split('=', 2) is [var left, var right] ? (left, right) : (token, null);
            if (!key.StartsWith("--", StringComparison.Ordinal) || !key.Contains(':'))
            {
                throw new StartupException(
                    $"'{token}' is no option or setting; a setting is --Section:Key VALUE.");
            }

            if (value is null && ++index < tokens.Length)
                value = tokens[index];
            pairs.Add(new(key[2..], value ?? throw new StartupException($"'{token}' needs a value.")));
        }

        return pairs;
    }

    /// <summary>Finds what is wrong before the first request does.</summary>
    /// <exception cref="StartupException">A setting is wrong; the message has a line for each.</exception>
    public static void AssertValid(IServiceProvider services)
    {
        var errors = Settings.FindErrors(services);
        if (errors.Count > 0)
        {
            var lines = errors.Prepend("the settings are wrong.");
            throw new StartupException(string.Join(Environment.NewLine + "  ", lines));
        }
    }
}
