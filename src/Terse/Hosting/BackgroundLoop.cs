namespace Terse.Hosting;

/// <summary>
/// Repeats an action in the background until a stop is requested. If the action throws an exception, the loop
/// reports the exception and continues, so that a failed action never stops the server.
/// </summary>
/// <param name="interval">
/// The time from the start of one run of the action to the start of the next run.
/// </param>
/// <param name="time">The clock that measures <paramref name="interval"/>.</param>
/// <param name="onFailure">
/// Handles the exception of a failed run. The Boolean argument is true for the first failed run after a
/// successful run, and for the first failed run of the loop. A handler that logs only when the argument is
/// true writes one log line per outage.
/// </param>
internal sealed class BackgroundLoop(TimeSpan interval, TimeProvider time, Action<Exception, bool> onFailure)
{
    private bool _hasFailed;

    /// <summary>
    /// Runs an action once. If the action throws an exception, the exception is passed to
    /// <paramref name="onFailure"/>. After a stop was requested, the exception is discarded, because the stop
    /// is the most likely cause.
    /// </summary>
    /// <param name="action">The action to run. It receives <paramref name="stoppingToken"/>.</param>
    /// <param name="onFailure">Receives the exception that the action threw.</param>
    /// <param name="stoppingToken">
    /// Signals that a stop is requested. With <see cref="CancellationToken.None"/>, every exception is
    /// reported.
    /// </param>
    /// <returns>True if the action completed without an exception.</returns>
    public static async Task<bool> TryAsync(
        Func<CancellationToken, Task> action, Action<Exception> onFailure, CancellationToken stoppingToken)
    {
        try
        {
            await action(stoppingToken);
            return true;
        }
#pragma warning disable CA1031 // Background work must continue after an exception of any type.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!stoppingToken.IsCancellationRequested)
                onFailure(exception);
            return false;
        }
    }

    /// <summary>Runs the action immediately and then once per interval, until a stop is requested.</summary>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> action, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        do
        {
            await TryRunAsync(action, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>
    /// Waits for one interval and then runs the action once per interval, until a stop is requested.
    /// </summary>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public async Task WaitAndRunAsync(Func<CancellationToken, Task> action, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryRunAsync(action, stoppingToken);
    }

    /// <summary>
    /// Runs the action once. An exception is handled like an exception of a run that the timer started.
    /// </summary>
    public async Task TryRunAsync(Func<CancellationToken, Task> action, CancellationToken stoppingToken)
    {
        if (await TryAsync(action, HandleFailure, stoppingToken))
            _hasFailed = false;
    }

    private void HandleFailure(Exception exception)
    {
        var isFirst = !_hasFailed;
        _hasFailed = true;
        onFailure(exception, isFirst);
    }
}
