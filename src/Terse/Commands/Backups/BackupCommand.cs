using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Storage;
using Terse.Storage.Sqlite;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse backup</c>, which writes a backup of a SQLite database, beside a running server too.
/// </summary>
internal static class BackupCommand
{
    private static readonly Option<string> To = new("--to")
    {
        Description = "The file to write, such as terse.db.gz. It must not exist.",
        Required = true,
    };

    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "backup",
            "Writes a checked and compressed copy of the SQLite database, while servers run. Accepts the "
                + "settings of serve.")
        {
            To,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build,
            arguments,
            "terse backup",
            app => BackUpAsync(
                app, arguments.GetValue(To)!, arguments.InvocationConfiguration.Output, cancellationToken)));
        return command;
    }

    private static async Task BackUpAsync(
        WebApplication app, string target, TextWriter output, CancellationToken cancellationToken)
    {
        var options = SqliteOptionsOf(app);
        if (SqliteDatabase.WhyMissing(options) is { } missing)
            throw new StartupException(missing);
        var contents = await Task.Run(
            () => SqliteBackup.Write(SqliteDatabase.PathIn(options.Folder), target), cancellationToken);
        await output.WriteLineAsync($"Wrote {target}: {Describe(contents)}.");
    }

    /// <summary>Returns where the SQLite database is.</summary>
    /// <exception cref="StartupException">The settings name PostgreSQL hosts.</exception>
    public static StorageOptions SqliteOptionsOf(WebApplication app) =>
        app.Services.GetRequiredService<IStorage>() is SqliteStorage
            ? app.Services.GetRequiredService<IOptions<StorageOptions>>().Value
            : throw new StartupException(
                "This command works with SQLite only; docs/operating/backup.md says how to back up "
                + "PostgreSQL.");

    public static string Describe(BackupContents contents) => string.Create(
        CultureInfo.InvariantCulture,
        $"{contents.Links} links, the newest of {TimeOf(contents.Newest)}, schema {contents.Schema}");

    private static string TimeOf(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
