using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Terse.Hosting;
using Terse.Keys;
using Terse.Links;
using Terse.Storage.Sqlite;

namespace Terse.Commands;

/// <summary><c>terse serve</c>: serves links until it is asked to stop.</summary>
internal static class ServeCommand
{
    private static readonly Option<string> Urls = new("--urls")
    {
        Description = "The addresses to listen on, separated by semicolons. [default: http://127.0.0.1:8080]",
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "The folder of the links' database. [default: data]",
    };

    public static Command Create()
    {
        var command = new Command(
            "serve",
            "Serves links until it is asked to stop. Every setting can be given as --Section:Key VALUE.")
        {
            Urls,
            Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Program.BuildServer(ReadSettings(arguments));
            await PrepareAsync(app, cancellationToken);
            await app.StartAsync(cancellationToken);
            await Console.Out.WriteLineAsync(
                $"terse {Server.Version} is ready on {string.Join(", ", AddressesOf(app))}, "
                + $"links in SQLite {app.Services.GetRequiredService<SqliteDatabase>().Path}");
            await app.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (Exception exception) when (IsOperatorsToMend(exception))
        {
            await Console.Error.WriteLineAsync($"terse cannot start: {exception.Message}");
            if (exception is InvalidDataException { InnerException: { } inner })
                await Console.Error.WriteLineAsync(inner.Message);
            return 1;
        }
    }

    /// <summary>Whether the message alone says enough, and a stack trace would only be in the way.</summary>
    private static bool IsOperatorsToMend(Exception exception) => exception
        is StartupException or StoreUnavailableException
        or IOException or InvalidDataException or UnauthorizedAccessException or SocketException;

    /// <summary>Finds what is wrong before the first request does.</summary>
    private static async Task PrepareAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var errors = Settings.FindErrors(app.Services);
        if (errors.Count > 0)
        {
            var lines = errors.Prepend("the settings are wrong.");
            throw new StartupException(string.Join(Environment.NewLine + "  ", lines));
        }

        await app.Services.GetRequiredService<KeyMint>().StartAsync(cancellationToken);
    }

    private static ICollection<string> AddressesOf(WebApplication app) =>
        app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses;

    private static List<KeyValuePair<string, string?>> ReadSettings(ParseResult arguments)
    {
        var settings = ReadPairs([.. arguments.UnmatchedTokens]);
        if (arguments.GetValue(Urls) is { } urls)
            settings.Add(new("Urls", urls));
        if (arguments.GetValue(Data) is { } data)
            settings.Add(new("Storage:Folder", data));
        return settings;
    }

    private static List<KeyValuePair<string, string?>> ReadPairs(string[] tokens)
    {
        var pairs = new List<KeyValuePair<string, string?>>();
        for (var index = 0; index < tokens.Length; index++)
        {
            var token = tokens[index];
            var (key, value) = token.Split('=', 2) is [var left, var right] ? (left, right) : (token, null);
            if (!key.StartsWith("--", StringComparison.Ordinal) || !key.Contains(':'))
            {
                throw new StartupException(
                    $"'{token}' is no option of serve; 'terse serve --help' lists them.");
            }

            if (value is null && ++index < tokens.Length)
                value = tokens[index];
            pairs.Add(new(key[2..], value ?? throw new StartupException($"'{token}' needs a value.")));
        }

        return pairs;
    }
}
