using System.CommandLine;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Terse.Commands;

/// <summary>
/// The command <c>terse shorten</c>, which creates links on a server with many concurrent requests and prints
/// the short URLs in the order of the targets.
/// </summary>
internal static class ShortenCommand
{
    /// <summary>The maximum number of concurrent requests.</summary>
    private const int MaxInFlight = 64;

    private static readonly Argument<string[]> Targets = new("URL")
    {
        Description = "The URLs to shorten; - reads them from standard input, one URL per line.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create()
    {
        var command = new Command("shorten", "Shortens URLs and prints the short URLs, one per line.")
        {
            Targets,
            ServerOption.Server,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await ShortenAsync(arguments, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"terse shorten failed: {exception.Message}");
            return 1;
        }
    }

    private static async Task<int> ShortenAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        if (await ServerOption.ReadAsync(arguments) is not { } server)
            return ServerOption.WrongEnvironment;

        using var client = new ServerClient(server, MaxInFlight);
        // Unlike the stream of Console, this stream knows the length of a redirected file. The progress bar
        // needs this length.
        using var standardInput = new SafeFileHandle(0, ownsHandle: false);
        await using var input = new FileStream(standardInput, FileAccess.Read);
        var source = new TargetSource(arguments.GetValue(Targets)!, input);
        using var output = new ShortenOutput(source);
        var started = Channel.CreateBounded<Task<ShortenedLine>>(MaxInFlight);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
#pragma warning disable CA2025 // The finally block waits for the task before the client is disposed.
        var sending = SendAsync(source, client, started.Writer, stop.Token);
#pragma warning restore CA2025
        try
        {
            await PrintAsync(started.Reader, output, stop.Token);
            await sending;
        }
        finally
        {
            await stop.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return output.Failed == 0 ? 0 : 1;
    }

    private static async Task PrintAsync(
        ChannelReader<Task<ShortenedLine>> started, ShortenOutput output, CancellationToken cancellationToken)
    {
        await foreach (var line in started.ReadAllAsync(cancellationToken))
        {
            if (!line.IsCompleted)
                output.Flush();
            output.Write(await line);
        }

        output.Flush();
    }

    /// <summary>
    /// Starts a request for each target, in the order of the targets. The bounded channel limits the number
    /// of concurrent requests.
    /// </summary>
    private static async Task SendAsync(
        TargetSource source,
        ServerClient client,
        ChannelWriter<Task<ShortenedLine>> started,
        CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var (number, target) in source.ReadAsync(cancellationToken))
            {
                var line = client.ShortenAsync(number, target, cancellationToken);
                await started.WriteAsync(line, cancellationToken);
            }
        }
        finally
        {
            started.Complete();
        }
    }
}
