using System.CommandLine;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Terse.Hosting;
using Terse.Keys;
using Terse.Links;
using Terse.Storage;

namespace Terse.Commands;

/// <summary><c>terse serve</c>: serves links until it is asked to stop.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command(
            "serve",
            "Serves links until it is asked to stop. Every setting can be given as --Section:Key VALUE.")
        {
            ServeSettings.Urls,
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
            await using var app = Program.BuildServer(ServeSettings.Read(arguments));
            await PrepareAsync(app, cancellationToken);
            await app.StartAsync(cancellationToken);
            await Console.Out.WriteLineAsync(
                $"terse {Server.Version} is ready on {string.Join(", ", AddressesOf(app))}, "
                + $"links in {app.Services.GetRequiredService<IStorage>().Description}");
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
    public static bool IsOperatorsToMend(Exception exception) => exception
        is StartupException or StoreUnavailableException
        or IOException or InvalidDataException or UnauthorizedAccessException or SocketException;

    /// <summary>Finds what is wrong before the first request does.</summary>
    private static async Task PrepareAsync(WebApplication app, CancellationToken cancellationToken)
    {
        ServeSettings.AssertValid(app.Services);
        await app.Services.GetRequiredService<IStorage>().PrepareAsync(cancellationToken);
        await StartRetry.RunAsync(
            app.Services.GetRequiredService<KeyMint>().StartAsync,
            app.Services.GetRequiredService<TimeProvider>(),
            cancellationToken);
    }

    private static ICollection<string> AddressesOf(WebApplication app) =>
        app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses;
}
