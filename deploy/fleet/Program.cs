using System.CommandLine;
using System.Runtime.InteropServices;

namespace Terse.FleetTool;

/// <summary>
/// Runs Terse on this machine with the parts of a large installation: PostgreSQL with replicas, several Terse
/// servers, and HAProxy as load balancer. The script <c>./fleet</c> builds and starts this program.
/// </summary>
internal static class Program
{
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const int Interrupted = 130;

    private static readonly InvocationConfiguration Configuration = new()
    {
        ProcessTerminationTimeout = null,
        EnableDefaultExceptionHandler = false,
    };

    private static readonly PosixSignal[] Signals =
    [
        PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP,
    ];

    public static async Task<int> Main(string[] args)
    {
        var command = FleetCommands.Parse(args);
        if (command.Errors.Count > 0)
        {
            foreach (var error in command.Errors)
                Messages.Say(error.Message);
            Messages.Say(FleetCommands.Usage);
            return WrongUsage;
        }

        using var interruption = new CancellationTokenSource();
        var registrations = Signals.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            interruption.Cancel();
        })).ToList();
        try
        {
            return await command.InvokeAsync(Configuration, interruption.Token);
        }
        catch (Exception exception) when (interruption.IsCancellationRequested
            && exception is FleetException or OperationCanceledException or InvalidOperationException)
        {
            return Interrupted;
        }
        catch (FleetException exception)
        {
            Messages.Say(exception.Message);
            return Failed;
        }
        finally
        {
            registrations.ForEach(registration => registration.Dispose());
        }
    }
}
