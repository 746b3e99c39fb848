using System.CommandLine;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>Reads and validates the document that a command is given.</summary>
internal static class DocumentArgument
{
    public static readonly Argument<string> File = new("FILE")
    {
        Description = "The document, a JSON file; - reads it from standard input.",
    };

    /// <exception cref="InvalidDataException">The document cannot be parsed.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<ConfigDocument> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = path == "-"
            ? Console.OpenStandardInput()
            : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var content = new byte[IObjectStore.MaxBytes + 1];
        var length = await file.ReadAtLeastAsync(
            content, content.Length, throwOnEndOfStream: false, cancellationToken);
        if (length > IObjectStore.MaxBytes)
            throw new InvalidDataException($"{path} has more than {IObjectStore.MaxBytes} bytes.");
        return ConfigDocument.Parse(content[..length]);
    }

    /// <summary>
    /// Checks whether a server can start with a document. A secret that this machine cannot read is left out,
    /// and a note names its setting: the servers check it.
    /// </summary>
    /// <exception cref="StartupException">
    /// The document is wrong; the message has a line for each error.
    /// </exception>
    public static async Task AssertValidAsync(
        ServerBuilder build, ParseResult arguments, ConfigDocument document)
    {
        var readable = document.WithoutMissingSecrets(out var missing);
        foreach (var reason in missing)
            await arguments.InvocationConfiguration.Error.WriteLineAsync($"Not checked here: {reason}");
        var settings = ServeSettings.Read(arguments);
        var errors = SettingsErrors.Find(() => build(settings, new ConfigStart(readable)).Services);
        if (errors.Count > 0)
        {
            throw new StartupException(string.Join(
                Environment.NewLine + "  ", errors.Prepend("the document is wrong; correct this:")));
        }
    }
}
