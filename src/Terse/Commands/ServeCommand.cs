using System.CommandLine;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Terse.Hosting;
using Terse.Ids;
using Terse.Redirects;
using Terse.Storage;
using Terse.Visits;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse serve</c>, which runs the server until the process receives a signal to stop.
/// </summary>
internal static partial class ServeCommand
{
    private const string LogCategory = "Terse.Commands.ServeCommand";

    /// <summary>The start of the server is logged, whatever the default level is.</summary>
    public static readonly KeyValuePair<string, string?>[] LogLevels =
        [new($"Logging:LogLevel:{LogCategory}", nameof(LogLevel.Information))];

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
        command.SetAction((arguments, cancellationToken) => ServerParts.ServeAsync(
            build, arguments, "terse cannot start", app => ServeAsync(app, cancellationToken)));
        return command;
    }

    private static async Task ServeAsync(WebApplication app, CancellationToken cancellationToken)
    {
        app.Services.GetRequiredService<CloudReading>(); // Begins to read, beside the start.
        await PrepareAsync(app, cancellationToken);
        await app.StartAsync(cancellationToken);
        await app.Services.GetRequiredService<WarmStart>().Ready.WaitAsync(cancellationToken);
        app.Services.GetRequiredService<SystemdNotices>().NotifyReady();
        await ReportReadyAsync(app);
        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <summary>
    /// Writes the line that says that the server is ready. It is the first line on standard output, unless
    /// the log goes there.
    /// </summary>
    private static async Task ReportReadyAsync(WebApplication app)
    {
        var addresses = string.Join(", ", AddressesOf(app));
        var storage = app.Services.GetRequiredService<IStorage>().Description;
        var format = app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.LogFormat;
        if (TelemetryOptions.IsJson(format))
        {
            var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(LogCategory);
            LogReady(log, Server.Version, addresses, storage);
        }
        else
        {
            await Console.Out.WriteLineAsync(
                $"terse {Server.Version} is ready on {addresses}, links in {storage}");
        }
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

    [LoggerMessage(
        1, LogLevel.Information, "terse {Version} is ready on {Addresses}, links in {Storage}")]
    private static partial void LogReady(ILogger logger, string version, string addresses, string storage);

    /// <summary>Returns the addresses for requests, without that of the metrics.</summary>
    private static IEnumerable<string> AddressesOf(WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.MetricsPort;
        return app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses
            .Where(address => BindingAddress.Parse(address).Port != metrics);
    }
}
