namespace Terse.Commands;

/// <summary>
/// The live page: reads the fleet once in each interval, and draws it until the key q or a signal ends it.
/// </summary>
internal sealed class LivePage(FleetWatch watch, string address, TimeSpan interval, TimeProvider time)
{
    /// <param name="first">What the page shows first; it has no rates yet.</param>
    /// <returns>The exit code: 0 after q, and 128 and the number of the signal after a signal.</returns>
    public async Task<int> RunAsync(FleetFigures first)
    {
        using var events = new LiveEvents(); // A signal must not end the process on the alternate screen.
        using var screen = LiveScreen.Begin();
        using var stop = new CancellationTokenSource();
        events.ReadKeys();
        Draw(screen, first);
        var reading = ReadAsync(events.Write, stop.Token);
        try
        {
            return await DrawAsync(screen, first, events, reading);
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private async Task<int> DrawAsync(
        LiveScreen screen, FleetFigures shown, LiveEvents events, Task reading)
    {
        while (true)
        {
            var next = events.NextAsync();
            if (await Task.WhenAny(next, reading) == reading)
                await reading; // It ends before the page only with an error.
            switch (await next)
            {
                case LiveEvent.Ended ended:
                    return ended.ExitCode;
                case LiveEvent.Read read:
                    shown = read.Fleet;
                    break;
                default:
                    break;
            }

            Draw(screen, shown);
        }
    }

    private void Draw(LiveScreen screen, FleetFigures fleet)
    {
        var (width, height) = LiveScreen.Size;
        screen.Draw(TopPage.ForTerminal(fleet, address, width, height));
    }

    private async Task ReadAsync(Action<LiveEvent> write, CancellationToken stopped)
    {
        try
        {
            while (true)
            {
                await Task.Delay(interval, time, stopped);
                write(new LiveEvent.Read(await watch.ReadAsync(stopped)));
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The page has ended.
        }
    }
}
