using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Terse.Commands;

/// <summary>How commands print the JSON of a server.</summary>
internal static class JsonOutput
{
    public static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The option of commands that otherwise print tables.</summary>
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Prints the JSON of the server instead of tables.",
    };
}
