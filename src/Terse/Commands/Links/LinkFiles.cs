using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>
/// The options of <c>terse links edit</c> whose values are in files. A password is never an argument, because
/// other users of the machine can read arguments.
/// </summary>
internal static class LinkFiles
{
    private const string StandardInput = "-";

    private static readonly Option<string> Password = new("--password")
    {
        Description = "A file whose first line is the new password; - reads it from standard input.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> NoPassword = new("--no-password")
    {
        Description = "Removes the password.",
    };

    private static readonly Option<string> Rules = new("--rules")
    {
        Description = "A file with the rules as a JSON array; - reads it from standard input.",
        HelpName = "FILE",
    };

    public static IReadOnlyList<Option> Options => [Password, NoPassword, Rules];

    /// <summary>Adds the fields of these options to the body of a change.</summary>
    /// <returns>Why a value cannot be read; null if all were read.</returns>
    public static async Task<string?> AddToAsync(
        JsonObject change, ParseResult arguments, CancellationToken cancellationToken)
    {
        var (password, rules) = (arguments.GetValue(Password), arguments.GetValue(Rules));
        if (password is not null && arguments.GetValue(NoPassword))
            return "Give either --password or --no-password.";
        if (password is StandardInput && rules is StandardInput)
            return "Only one option can read standard input.";
        try
        {
            if (arguments.GetValue(NoPassword))
                change["password"] = null;
            if (password is not null)
            {
                var text = await ReadAsync(password, cancellationToken);
                var line = text.Split('\n')[0].TrimEnd('\r');
                if (line.Length == 0)
                    return "The file of --password is empty; use --no-password to remove the password.";
                change["password"] = line;
            }

            if (rules is not null)
            {
                change["rules"] = JsonNode.Parse(await ReadAsync(rules, cancellationToken)) as JsonArray;
                if (change["rules"] is null)
                    return "The file of --rules contains no JSON array.";
            }
        }
        catch (JsonException exception)
        {
            return $"The file of --rules is not valid JSON: {exception.Message}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }

        return null;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (file != StandardInput)
            return await File.ReadAllTextAsync(file, cancellationToken);
        await using var input = Console.OpenStandardInput();
        using var reader = new StreamReader(input, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
