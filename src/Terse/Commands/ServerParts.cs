using System.CommandLine;
using System.Net.Sockets;
using Terse.Hosting;

namespace Terse.Commands;

/// <summary>Builds a server that is not started, from settings that win over all other sources.</summary>
internal delegate WebApplication ServerBuilder(IEnumerable<KeyValuePair<string, string?>> settings);

/// <summary>Runs a command with the settings and the parts of a server, whether it serves or not.</summary>
internal static class ServerParts
{
    /// <param name="build">Builds the server.</param>
    /// <param name="arguments">The command line; what it does not set, other sources do.</param>
    /// <param name="failure">What standard error says before the reason of a failure.</param>
    /// <param name="work">The command.</param>
    /// <param name="forced">Settings that the command itself makes.</param>
    /// <returns>The exit code: 0, or 1 where something is the operator's to mend.</returns>
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
        catch (Exception exception) when (IsOperatorsToMend(exception))
        {
            await Console.Error.WriteLineAsync($"{failure}: {exception.Message}");
            if (exception is InvalidDataException { InnerException: { } inner })
                await Console.Error.WriteLineAsync(inner.Message);
            return 1;
        }
    }

    /// <summary>Whether the message alone says enough, and a stack trace would only be in the way.</summary>
    private static bool IsOperatorsToMend(Exception exception) => exception
        is StartupException or StoreUnavailableException
        or IOException or InvalidDataException or UnauthorizedAccessException or SocketException;
}
