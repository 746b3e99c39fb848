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

    /// <summary>
    /// Repeats an action while it has more to do, with a pause after each run. So the action leaves most of
    /// the time of a database connection, or of SQLite's writer, to other work.
    /// </summary>
    /// <param name="action">The action to run. It returns whether there is more to do.</param>
    /// <param name="pauseFactor">
    /// The length of a pause, as a multiple of the duration of the run before. With 4, the action takes at
    /// most a fifth of the time.
    /// </param>
    /// <param name="time">The clock that measures runs and pauses.</param>
    /// <param name="stoppingToken">Signals that a stop is requested.</param>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public static async Task RepeatAsync(
        Func<CancellationToken, Task<bool>> action,
        int pauseFactor,
        TimeProvider time,
        CancellationToken stoppingToken)
    {
        var begin = time.GetTimestamp();
        while (await action(stoppingToken))
        {
            await Task.Delay(time.GetElapsedTime(begin) * pauseFactor, time, stoppingToken);
            begin = time.GetTimestamp();
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
