using System.CommandLine;

namespace Terse.Commands;

/// <summary>The command <c>terse config validate</c>, which checks a document and changes nothing.</summary>
internal static class ConfigValidateCommand
{
    public static Command Create(ServerBuilder build) => ConfigCommand.Run(
        new Command("validate", "Checks whether servers can use a document.") { DocumentArgument.File },
        async (arguments, cancellationToken) =>
        {
            var document = await DocumentArgument.ReadAsync(
                arguments.GetValue(DocumentArgument.File)!, cancellationToken);
            await DocumentArgument.AssertValidAsync(build, arguments, document);
            await arguments.InvocationConfiguration.Output.WriteLineAsync(
                $"The document is valid: version {document.Version}.");
            return 0;
        });
}
