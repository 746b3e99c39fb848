using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Terse.Access;
using Terse.Domains;
using Terse.Hosting;
using Terse.Storage;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse access</c>, which creates and changes API keys directly in the database, so that the
/// first key can be made before a server runs.
/// </summary>
internal static class AccessCommand
{
    private static readonly Argument<string> Id = new("ID")
    {
        Description = "The id of a key: the part between the underscores.",
    };

    private static readonly Option<double> Overlap = new("--overlap")
    {
        Description = "For how many hours the present secret works beside the new one, 0 to 2160.",
        DefaultValueFactory = _ => KeyManager.DefaultOverlap.TotalHours,
    };

    private static readonly string[] Head =
        ["ID", "NAME", "ROLE", "DOMAINS", "TAGS", "STATE", "EXPIRES", "LAST USED"];

    public static Command Create(ServerBuilder build)
    {
        var list = new Command("list", "Lists the keys; secrets are never shown.") { JsonOutput.Json };
        var rotate = new Command("rotate", "Gives a key a new secret, and prints the key.") { Id, Overlap };
        var revoke = new Command("revoke", "Ends a key at once, on all servers.") { Id };
        var generate = new Command(
            "generate", "Prints a key that is stored nowhere, for the file in Access:AdminKeyFile.");
        Run(list, build, createsDatabase: false, ListAsync);
        Run(rotate, build, createsDatabase: false, RotateAsync);
        Run(revoke, build, createsDatabase: false, RevokeAsync);
        generate.SetAction(arguments =>
            arguments.InvocationConfiguration.Output.WriteLine(KeyText.New().Reveal()));
        return new Command("access", "Creates and changes API keys in the database.")
        {
            AccessCreateCommand.Create(build),
            list,
            rotate,
            revoke,
            generate,
        };
    }

    /// <summary>
    /// Lets a command run on the database that the settings name. The command accepts the settings of serve.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="build">Builds the server without starting it.</param>
    /// <param name="createsDatabase">
    /// Whether the command creates a database that does not exist. A mistyped folder must not look like an
    /// installation without keys.
    /// </param>
    /// <param name="runAsync">Does the work of the command.</param>
    public static void Run(
        Command command,
        ServerBuilder build,
        bool createsDatabase,
        Func<KeyManager, ParseResult, CancellationToken, Task> runAsync)
    {
        command.Options.Add(ServeSettings.Data);
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build,
            arguments,
            $"terse access {command.Name}",
            async app =>
            {
                var storage = app.Services.GetRequiredService<IStorage>();
                var missing = storage.WhyNoDatabase;
                if (missing is not null && !createsDatabase)
                    throw new StartupException(missing);
                await storage.PrepareAsync(cancellationToken);
                if (missing is not null)
                {
                    await arguments.InvocationConfiguration.Error.WriteLineAsync(
                        $"There was no database, so a new one was created: {storage.Description}. If the "
                        + "server uses another one, set its folder with --data.");
                }

                await app.Services.GetRequiredService<DomainLoader>().ReadAsync(cancellationToken);
                await runAsync(
                    app.Services.GetRequiredService<KeyManager>(), arguments, cancellationToken);
            }));
    }

    /// <summary>Prints a key whose secret was just made.</summary>
    /// <exception cref="StartupException">The key was refused.</exception>
    public static async Task ShowAsync(KeyResult result, ParseResult arguments)
    {
        switch (result)
        {
            case KeyResult.Issued(_, var text):
                var (output, error) =
                    (arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error);
                await output.WriteLineAsync(text.Reveal());
                await error.WriteLineAsync(
                    "Keep this key in a safe place: it is not shown again. Programs send it as "
                    + "'Authorization: Bearer KEY'; the commands of terse read it from TERSE_API_KEY.");
                break;
            case KeyResult.Refused(_, var detail):
                throw new StartupException(detail);
            default:
                throw new StartupException("No key that works has this id; 'terse access list' shows all.");
        }
    }

    private static async Task ListAsync(
        KeyManager manager, ParseResult arguments, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        List<KeyResource> keys =
            [.. (await manager.ListAsync(cancellationToken)).Select(key => KeyResource.Of(key, now))];
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(JsonOutput.Json))
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(
                new KeyListResource(keys), AccessJson.Instance.KeyListResource));
            return;
        }

        await TextTable.WriteAsync(output, [Head, .. keys.Select(CellsOf)]);
    }

    private static string[] CellsOf(KeyResource key) =>
    [
        key.Id,
        key.Name,
        key.Role,
        key.Domains.Count == 0 ? "all" : string.Join(' ', key.Domains),
        key.Tags.Count == 0 ? "all" : string.Join(' ', key.Tags),
        key.State,
        key.ExpiresAt?.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture) ?? "never",
        key.LastUsedAt?.ToString("yyyy-MM-dd HH'h'", CultureInfo.InvariantCulture) ?? "-",
    ];

    private static async Task RotateAsync(
        KeyManager manager, ParseResult arguments, CancellationToken cancellationToken)
    {
        var hours = arguments.GetValue(Overlap);
        if (hours is not (>= 0 and <= 2160))
            throw new StartupException("--overlap must be 0 to 2160 hours.");
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromHours(hours);
        var id = arguments.GetValue(Id)!;
        await ShowAsync(await manager.RotateAsync(id, until, Actor.None, cancellationToken), arguments);
    }

    private static async Task RevokeAsync(
        KeyManager manager, ParseResult arguments, CancellationToken cancellationToken)
    {
        var id = arguments.GetValue(Id)!;
        var result = await manager.RevokeAsync(id, Actor.None, cancellationToken);
        if (result is not KeyResult.Revoked)
        {
            throw new StartupException(result is KeyResult.Refused(_, var detail)
                ? detail
                : "No key has this id; 'terse access list' shows all. To revoke the key of a file, add "
                    + "--Access:AdminKeyFile FILE.");
        }

        await arguments.InvocationConfiguration.Output.WriteLineAsync("The key is revoked.");
    }
}
