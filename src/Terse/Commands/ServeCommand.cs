using System.CommandLine;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage;
using Terse.Visits;

namespace Terse.Commands;

/// <summary><c>terse serve</c>: serves links until it is asked to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "serve",
            "Serves links until it is asked to stop. Every setting can be given as --Section:Key VALUE.")
        {
            ServeSettings.Urls,
            ServeSettings.Data,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((arguments, cancellationToken) => ServerParts.RunAsync(
            build, arguments, "terse cannot start", app => ServeAsync(app, cancellationToken)));
        return command;
    }

    private static async Task ServeAsync(WebApplication app, CancellationToken cancellationToken)
    {
        await PrepareAsync(app, cancellationToken);
        await app.StartAsync(cancellationToken);
        await Console.Out.WriteLineAsync(
            $"terse {Server.Version} is ready on {string.Join(", ", AddressesOf(app))}, "
            + $"links in {app.Services.GetRequiredService<IStorage>().Description}");
        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>Finds what is wrong before the first request does.</summary>
    private static async Task PrepareAsync(WebApplication app, CancellationToken cancellationToken)
    {
        await app.Services.GetRequiredService<IStorage>().PrepareAsync(cancellationToken);
        await StartRetry.RunAsync(
            app.Services.GetRequiredService<IdMint>().StartAsync,
            app.Services.GetRequiredService<TimeProvider>(),
            cancellationToken);

        // Its file is read now, so that one that is none stops the start.
        app.Services.GetRequiredService<CountrySource>();
    }

    private static ICollection<string> AddressesOf(WebApplication app) =>
        app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses;
}
