using System.CommandLine;
using System.Net.Sockets;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>Builds a server without starting it. The settings override all other sources.</summary>
internal delegate WebApplication ServerBuilder(IEnumerable<KeyValuePair<string, string?>> settings);

/// <summary>
/// Runs a command that needs the settings and services of a server, whether the command starts it or not.
/// </summary>
internal static class ServerParts
{
    /// <param name="build">Builds the server.</param>
    /// <param name="arguments">The command line, whose settings override other sources.</param>
    /// <param name="failure">The text that standard error shows before the reason of a failure.</param>
    /// <param name="work">The command; it gets the server.</param>
    /// <param name="forced">Settings that the command enforces.</param>
    /// <returns>The exit code: 0, or 1 after a failure that the operator can fix.</returns>
    public static async Task<int> RunAsync(
        ServerBuilder build,
        ParseResult arguments,
        string failure,
        Func<WebApplication, Task> work,
        params IEnumerable<KeyValuePair<string, string?>> forced)
    {
        try
        {
            await using var app = build([.. ServeSettings.Read(arguments), .. forced]);
            ServeSettings.AssertValid(app.Services);
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

    /// <summary>Whether the message is enough for the operator, so that no stack trace is needed.</summary>
    private static bool CanOperatorFix(Exception exception) => exception
        is StartupException or StoreUnavailableException
        or IOException or InvalidDataException or UnauthorizedAccessException or SocketException;
}
