using System.CommandLine;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Storage;
using Terse.Storage.Moves;
using Terse.Storage.Postgres;
using Terse.Storage.Sqlite;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse move</c>, which moves everything from SQLite to PostgreSQL or back, while servers use
/// the old database.
/// </summary>
internal static class MoveCommand
{
    private const string Postgres = "postgres";
    private const string Sqlite = "sqlite";

    private static readonly Option<string> To = CreateTo();

    private static readonly Option<bool> Cancel = new("--cancel")
    {
        Description = "End a move that has begun; the old database goes on as if nothing had happened.",
    };

    private static Option<string> CreateTo()
    {
        var to = new Option<string>("--to")
        {
            Description = "The new database: postgres (Database:Hosts) or sqlite (the folder).",
            Required = true,
        };
        to.AcceptOnlyFromAmong(Postgres, Sqlite);
        return to;
    }

    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "move",
            "Moves everything from SQLite to PostgreSQL or back, while servers use the old database. Accepts "
                + "the settings of serve; needs both the folder and Database:Hosts.")
        {
            To,
            Cancel,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build, arguments, "terse move", app => RunAsync(app, arguments, cancellationToken)));
        return command;
    }

    private static async Task RunAsync(
        WebApplication app, ParseResult arguments, CancellationToken cancellationToken)
    {
        if (app.Services.GetRequiredService<IStorage>() is not PostgresStorage storage)
        {
            throw new StartupException(
                "A move needs the PostgreSQL hosts, too; set them with --Database:Hosts:0 "
                + "'Host=db1;Username=terse;Database=terse'.");
        }

        var folder = app.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        try
        {
            await PostgresMoveSession.TranslateAsync(() => SqliteMoveSession.TranslateAsync(
                SqliteDatabase.PathIn(folder.Folder),
                () => OpenAndMoveAsync(app, storage, folder, arguments, cancellationToken)));
        }
        catch (OperationCanceledException exception)
        {
            throw new StartupException(
                "The move was stopped. Run the command again, and the move goes on where it was.", exception);
        }
    }

    private static async Task OpenAndMoveAsync(
        WebApplication app,
        PostgresStorage storage,
        StorageOptions folder,
        ParseResult arguments,
        CancellationToken cancellationToken)
    {
        var toPostgres = arguments.GetValue(To) == Postgres;
        if (toPostgres && SqliteDatabase.WhyMissing(folder) is { } missing)
            throw new StartupException(missing);
        if (toPostgres && arguments.GetValue(Cancel))
        {
            await using var file = new SqliteMoveSource(folder);
            await CancelAsync(file, arguments);
            return;
        }

        if (toPostgres)
            await storage.MigrateAsync(cancellationToken);
        else
            await storage.ReadLayoutsAsync(cancellationToken);
        await using var session = await storage.OpenMoveAsync(cancellationToken);
        await using IMoveSource source =
            toPostgres ? new SqliteMoveSource(folder) : new PostgresMoveSource(session);
        if (arguments.GetValue(Cancel))
        {
            await CancelAsync(source, arguments);
            return;
        }

        await using IMoveTarget target =
            toPostgres ? new PostgresMoveTarget(session) : new SqliteMoveTarget(folder);
        await MoveAsync(app, arguments, source, target, cancellationToken);
    }

    /// <summary>Ends a move. Does not need the new database, which may be lost.</summary>
    private static async Task CancelAsync(IMoveSource source, ParseResult arguments)
    {
        await source.CancelAsync();
        await arguments.InvocationConfiguration.Output.WriteLineAsync(
            $"The move of {source.Description} has ended. Delete the new database.");
    }

    private static Task MoveAsync(
        WebApplication app,
        ParseResult arguments,
        IMoveSource source,
        IMoveTarget target,
        CancellationToken cancellationToken)
    {
        var time = app.Services.GetRequiredService<TimeProvider>();
        var report = new MoveReport(arguments.InvocationConfiguration.Output, time);
        return new Mover(source, target, report, time).RunAsync(cancellationToken);
    }
}
