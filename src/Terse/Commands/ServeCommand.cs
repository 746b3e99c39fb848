using System.CommandLine;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage;
using Terse.Visits;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse serve</c>, which runs the server until the process receives a signal to stop.
/// </summary>
internal static class ServeCommand
{
    public static Command Create(ServerBuilder build)
    {
        var command = new Command(
            "serve",
            "Runs the server until Ctrl+C or SIGTERM. Every setting can be given as --Section:Setting VALUE.")
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

    /// <summary>
    /// Opens the database, starts the id mint and loads the country file before the server accepts requests,
    /// so that an error in one of these steps prevents the start.
    /// </summary>
    private static async Task PrepareAsync(WebApplication app, CancellationToken cancellationToken)
    {
        await app.Services.GetRequiredService<IStorage>().PrepareAsync(cancellationToken);
        await ReserveNodeAsync(app.Services.GetRequiredService<IdMint>(), cancellationToken);

        // Resolving this service loads the country file, so that an invalid file prevents the start.
        app.Services.GetRequiredService<CountrySource>();
    }

    private static async Task ReserveNodeAsync(IdMint mint, CancellationToken cancellationToken)
    {
        try
        {
            await mint.StartAsync(cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // A server without a node can redirect. NodeAcquirer tries again and logs the reason.
        }
    }

    private static ICollection<string> AddressesOf(WebApplication app) =>
        app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses;
}
