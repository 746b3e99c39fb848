using System.CommandLine;
using Terse.Storage;

namespace Terse.Commands;

/// <summary>
/// <c>terse migrate</c>: brings the database's schema to this version, for those who set
/// <c>Database:Migrate</c> to false and migrate as a step of their own.
/// </summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command(
            "migrate", "Brings the database's schema to this version. Takes the settings of serve.")
        {
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        try
        {
            var settings = ServeSettings.Read(arguments);
            settings.Add(new($"{DatabaseOptions.Section}:{nameof(DatabaseOptions.Migrate)}", "true"));
            await using var app = Program.BuildServer(settings);
            ServeSettings.AssertValid(app.Services);
            var storage = app.Services.GetRequiredService<IStorage>();
            await storage.PrepareAsync(cancellationToken);
            await arguments.InvocationConfiguration.Output.WriteLineAsync(
                $"The schema in {storage.Description} is up to date.");
            return 0;
        }
        catch (Exception exception) when (ServeCommand.IsOperatorsToMend(exception))
        {
            await Console.Error.WriteLineAsync($"terse migrate: {exception.Message}");
            return 1;
        }
    }
}
