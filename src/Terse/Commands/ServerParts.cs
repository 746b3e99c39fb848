using System.CommandLine;
using System.Net.Sockets;
using Terse.Hosting;
using Terse.Storage;

namespace Terse.Commands;

/// <summary>
/// Builds a server without starting it. The settings that are passed override the settings from all other
/// sources. <paramref name="start"/> is the configuration that all servers share; null without one.
/// </summary>
internal delegate WebApplication ServerBuilder(
    IEnumerable<KeyValuePair<string, string?>> settings, ConfigStart? start);

/// <summary>
/// Runs a command that needs the settings and the services of a server. Some of these commands never start
/// the server.
/// </summary>
internal static class ServerParts
{
    /// <summary>The log of a command that ends soon is for the person at the terminal.</summary>
    private static readonly KeyValuePair<string, string?> TextLog =
        new(TelemetryOptions.LogFormatPath, TelemetryOptions.Text);

    /// <summary>Runs a command that serves requests. The settings choose its log format.</summary>
    public static Task<int> ServeAsync(
        ServerBuilder build, ParseResult arguments, string failure, Func<WebApplication, Task> work) =>
        RunAsync(build, () => ServeSettings.Read(arguments), failure, work);

    /// <summary>Runs a command that does some work, and ends.</summary>
    /// <param name="build">Builds the server without starting it.</param>
    /// <param name="arguments">
    /// The command line. Its settings override the settings from other sources.
    /// </param>
    /// <param name="failure">
    /// The text that is written to standard error before the reason for a failure.
    /// </param>
    /// <param name="work">Does the work of the command. Receives the built server.</param>
    /// <param name="forced">Settings that the command sets itself; they override the command line.</param>
    /// <returns>The exit code: 0 after success, 1 after a failure that the operator can fix.</returns>
    public static Task<int> RunAsync(
        ServerBuilder build,
        ParseResult arguments,
        string failure,
        Func<WebApplication, Task> work,
        params IEnumerable<KeyValuePair<string, string?>> forced) =>
        RunAsync(
            build, () => [.. ServeSettings.Read(arguments), TextLog, .. forced], failure, work);

    private static async Task<int> RunAsync(
        ServerBuilder build,
        Func<IReadOnlyCollection<KeyValuePair<string, string?>>> readSettings,
        string failure,
        Func<WebApplication, Task> work)
    {
        try
        {
            await using var app = await BuildAsync(build, readSettings());
            await work(app);
            return 0;
        }
        catch (Exception exception) when (CanOperatorFix(exception))
        {
            await Console.Error.WriteLineAsync($"{failure}: {exception.Message}");
            if (exception is InvalidDataException { InnerException: { } inner })
                await Console.Error.WriteLineAsync(inner.Message);
            return 1;
        }
    }

    /// <summary>
    /// Builds a server with valid settings, and with the configuration that all servers share, if there is
    /// one.
    /// </summary>
    private static async Task<WebApplication> BuildAsync(
        ServerBuilder build, IReadOnlyCollection<KeyValuePair<string, string?>> settings)
    {
        var local = Settings.ReadLocal(settings);
        if (ConfigSources.Find(ConfigOptions.Read(local), TimeProvider.System) is not { } source)
            return BuildValid(start: null);
        var folder = local[$"{StorageOptions.Section}:{nameof(StorageOptions.Folder)}"];
        var starter = new ConfigStarter(new(source, new(folder ?? new StorageOptions().Folder)));
        return await starter.BuildAsync(start => BuildValid(start), CancellationToken.None);

        WebApplication BuildValid(ConfigStart? start)
        {
            var app = build(settings, start);
            try
            {
                app.Services.GetRequiredService<ILoggerFactory>(); // Reads the settings in Logging.
                ServeSettings.AssertValid(app.Services);
                return app;
            }
            catch
            {
                ((IDisposable)app).Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// Whether the message of the exception tells the operator enough, so that no stack trace is needed.
    /// </summary>
    private static bool CanOperatorFix(Exception exception) => exception
        is StartupException or StoreUnavailableException
        or IOException or InvalidDataException or UnauthorizedAccessException or SocketException;
}
