using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Terse.Commands;

/// <summary>What happens while the live page is shown.</summary>
internal abstract record LiveEvent
{
    /// <summary>The fleet was read.</summary>
    internal sealed record Read(FleetFigures Fleet) : LiveEvent;

    /// <summary>The terminal has another size.</summary>
    internal sealed record Resized : LiveEvent;

    /// <summary>The key q or a signal ends the page.</summary>
    internal sealed record Ended(int ExitCode) : LiveEvent;
}

/// <summary>
/// Collects what happens: keys, signals, and what the program itself writes. The signals end the page instead
/// of the process, so that the terminal can be left as it was.
/// </summary>
internal sealed class LiveEvents : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] Ends =
    [
        (PosixSignal.SIGHUP, 1),
        (PosixSignal.SIGINT, 2),
        (PosixSignal.SIGQUIT, 3),
        (PosixSignal.SIGTERM, 15),
    ];

    private readonly Channel<LiveEvent> _events = Channel.CreateUnbounded<LiveEvent>();
    private readonly List<PosixSignalRegistration> _registrations;

    public LiveEvents()
    {
        _registrations = [.. Ends.Select(end => PosixSignalRegistration.Create(end.Signal, context =>
        {
            context.Cancel = true;
            Write(new LiveEvent.Ended(128 + end.Number));
        }))];
        if (!OperatingSystem.IsWindows())
        {
            _registrations.Add(PosixSignalRegistration.Create(
                PosixSignal.SIGWINCH, _ => Write(new LiveEvent.Resized())));

            // Ctrl+Z would leave the shell on the alternate screen, without a cursor.
            _registrations.Add(PosixSignalRegistration.Create(
                PosixSignal.SIGTSTP, context => context.Cancel = true));
        }
    }

    public void Write(LiveEvent happened) => _events.Writer.TryWrite(happened);

    public Task<LiveEvent> NextAsync() => _events.Reader.ReadAsync().AsTask();

    /// <summary>
    /// Waits for the key q on a thread of its own, which ends with the process. The terminal does not show
    /// keys while the thread waits.
    /// </summary>
    public void ReadKeys()
    {
        if (Console.IsInputRedirected)
            return;
        new Thread(WaitForEndKey) { IsBackground = true, Name = "keys" }.Start();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void WaitForEndKey()
    {
        try
        {
            // The default value of a key means that the terminal is gone.
            while (Console.ReadKey(intercept: true) is var key && key != default)
            {
                if (key.Key == ConsoleKey.Q)
                    Write(new LiveEvent.Ended(0));
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException)
        {
            // The terminal is gone. SIGHUP ends the page.
        }
    }
}
