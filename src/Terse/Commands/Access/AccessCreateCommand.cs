using System.CommandLine;
using System.Globalization;
using Terse.Access;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>The command <c>terse access create</c>, which creates a key and prints it.</summary>
internal static class AccessCreateCommand
{
    private static readonly Option<string> Name = new("--name")
    {
        Description = "A name for people, such as the name of the program that uses the key.",
        Required = true,
    };

    private static readonly Option<string> Role = new("--role")
    {
        Description = $"What the key allows: {RoleNames.All}.",
        Required = true,
    };

    private static readonly Option<string[]> Domains = new("--domain")
    {
        Description = "Limits the key to the links of a domain, or 'default'. Can be repeated.",
    };

    private static readonly Option<string[]> Tags = new("--tag")
    {
        Description = "Limits the key to links with a tag. Can be repeated.",
    };

    private static readonly Option<string> Expires = new("--expires")
    {
        Description = "When the key ends: days such as 90d, hours such as 12h, or an instant such as "
            + "2027-01-31T12:00:00Z, with an offset from UTC. [default: never]",
    };

    public static Command Create(ServerBuilder build)
    {
        var command = new Command("create", "Creates a key, and prints it. Accepts the settings of serve.")
        {
            Name,
            Role,
            Domains,
            Tags,
            Expires,
        };
        AccessCommand.Run(command, build, createsDatabase: true, CreateAsync);
        return command;
    }

    private static async Task CreateAsync(
        KeyManager manager, ParseResult arguments, CancellationToken cancellationToken)
    {
        var request = new KeyRequest
        {
            Name = arguments.GetValue(Name),
            Role = arguments.GetValue(Role),
            Domains = arguments.GetValue(Domains) is { Length: > 0 } domains ? domains : null,
            Tags = arguments.GetValue(Tags) is { Length: > 0 } tags ? tags : null,
            ExpiresAt = ReadExpiry(arguments.GetValue(Expires), TimeProvider.System.GetUtcNow()),
        };
        await AccessCommand.ShowAsync(
            await manager.CreateAsync(request, Actor.None, cancellationToken), arguments);
    }

    private static string? ReadExpiry(string? text, DateTimeOffset now)
    {
        if (text is null)
            return null;
        if (DurationText.TryParse(text, out var duration))
            return (now + duration).ToString("O", CultureInfo.InvariantCulture);
        return InstantText.TryParse(text, out _)
            ? text
            : throw new StartupException(
                $"--expires is '{text}'; write it like 90d, like 12h, or as {InstantText.Expected}.");
    }
}
