using System.CommandLine;
using Terse.Storage.Sqlite;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse restore</c>, which replaces the SQLite database of a folder by a backup.
/// </summary>
internal static class RestoreCommand
{
    private static readonly Argument<string> Backup = new("FILE")
    {
        Description = "The file that 'terse backup' or a server has written.",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace the database of the folder. It is kept under another name.",
    };

    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "restore",
            "Restores a SQLite database from a backup, while no server uses its folder. Accepts the settings "
                + "of serve.")
        {
            Backup,
            Force,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build,
            arguments,
            "terse restore",
            app => RestoreAsync(
                app,
                arguments.GetValue(Backup)!,
                arguments.GetValue(Force),
                arguments.InvocationConfiguration.Output,
                cancellationToken)));
        return command;
    }

    private static async Task RestoreAsync(
        WebApplication app,
        string backup,
        bool replaces,
        TextWriter output,
        CancellationToken cancellationToken)
    {
        var folder = BackupCommand.SqliteOptionsOf(app).Folder;
        var now = app.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        var result = await Task.Run(
            () => SqliteRestore.Run(backup, folder, replaces, now), cancellationToken);
        var contents = BackupCommand.Describe(result.Contents);
        await output.WriteLineAsync($"Restored {backup} in {folder}: {contents}.");
        if (result.Kept is { } kept)
            await output.WriteLineAsync($"The replaced database is {kept}.");
        if (result.OldProblem is { } problem)
            await output.WriteLineAsync($"The replaced database could not be read: {problem}");
    }
}
