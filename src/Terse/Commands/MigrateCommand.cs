using System.CommandLine;
using Terse.Storage;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse migrate</c>, which migrates the schema of the database to this version of Terse. The
/// command is for operators who set <c>Database:Migrate</c> to false and migrate in a separate step.
/// </summary>
internal static class MigrateCommand
{
    private static readonly Option<bool> Plan = new("--plan")
    {
        Description = "Show what the migration would do, with its locks and an estimate, and change nothing.",
    };

    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "migrate", "Migrates the schema of the database to this version. Accepts the settings of serve.")
        {
            Plan,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build,
            arguments,
            "terse migrate",
            app => arguments.GetValue(Plan)
                ? PlanAsync(app, arguments.InvocationConfiguration.Output, cancellationToken)
                : MigrateAsync(app, arguments.InvocationConfiguration.Output, cancellationToken)));
        return command;
    }

    private static async Task PlanAsync(
        WebApplication app, TextWriter output, CancellationToken cancellationToken)
    {
        var storage = app.Services.GetRequiredService<IStorage>();
        var plan = await storage.PlanAsync(cancellationToken);
        await output.WriteAsync(MigrationPlanText.Of(plan));
    }

    private static async Task MigrateAsync(
        WebApplication app, TextWriter output, CancellationToken cancellationToken)
    {
        var storage = app.Services.GetRequiredService<IStorage>();
        await storage.MigrateAsync(cancellationToken);
        await output.WriteLineAsync($"The schema in {storage.Description} is up to date.");
    }
}
