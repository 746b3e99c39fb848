using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Terse.Commands;

/// <summary>Shows the JSON of a link or a domain.</summary>
internal static class LinkTable
{
    /// <summary>
    /// Prints the JSON, if the command line asks for it, or a table with one row for each field that has a
    /// value.
    /// </summary>
    public static Task WriteAsync(ParseResult arguments, JsonObject shown)
    {
        var output = arguments.InvocationConfiguration.Output;
        return arguments.GetValue(JsonOutput.Json)
            ? output.WriteLineAsync(shown.ToJsonString(JsonOutput.Indented))
            : TextTable.WriteAsync(output, RowsOf(shown));
    }

    /// <remarks>
    /// The rows are in the order of the JSON, so that a field of a newer server is shown, too.
    /// </remarks>
    public static IReadOnlyList<string[]> RowsOf(JsonObject link) =>
    [
        .. link.Where(field => TextOf(field.Value).Length > 0)
            .Select(field => new[] { field.Key, TextOf(field.Value) }),
    ];

    /// <summary>
    /// Returns a value in one line. Control characters become spaces, because a terminal would obey them.
    /// </summary>
    public static string TextOf(JsonNode? value) => value switch
    {
        null => "",
        JsonArray list => string.Join(", ", list.Select(TextOf)),
        JsonObject fields => string.Join(
            ", ", fields.Select(field => $"{field.Key} {TextOf(field.Value)}")),
        _ when value.GetValueKind() == JsonValueKind.String => Clean(value.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var character in text)
            clean.Append(char.IsControl(character) ? ' ' : character);
        return clean.ToString();
    }
}
