namespace Terse.Hosting;

/// <summary>
/// Repeats an action in the background. An exception of the action never ends the loop, and so never ends the
/// server.
/// </summary>
/// <param name="interval">The period between the beginnings of two runs.</param>
/// <param name="time">Measures the interval.</param>
/// <param name="onFailure">
/// Handles the exception of a failed run. The flag is true when no earlier run failed, or when the run before
/// succeeded; a loop that logs only then logs once per outage.
/// </param>
internal sealed class BackgroundLoop(TimeSpan interval, TimeProvider time, Action<Exception, bool> onFailure)
{
    private bool _hasFailed;

    /// <summary>
    /// Runs an action once. Every exception goes to <paramref name="onFailure"/>, except after a stop was
    /// requested: the stop explains the exception, and it is dropped.
    /// </summary>
    /// <param name="action">The action; its token is <paramref name="stoppingToken"/>.</param>
    /// <param name="onFailure">Handles the exception.</param>
    /// <param name="stoppingToken">
    /// Requests the stop; <see cref="CancellationToken.None"/> reports everything.
    /// </param>
    /// <returns>Whether the action succeeded.</returns>
    public static async Task<bool> TryAsync(
        Func<CancellationToken, Task> action, Action<Exception> onFailure, CancellationToken stoppingToken)
    {
        try
        {
            await action(stoppingToken);
            return true;
        }
#pragma warning disable CA1031 // The one place where background work survives an exception of any type.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (!stoppingToken.IsCancellationRequested)
                onFailure(exception);
            return false;
        }
    }

    /// <summary>Runs the action at once and then in each interval, until a stop is requested.</summary>
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
    /// Waits for one interval, and then runs the action in each interval until a stop is requested.
    /// </summary>
    /// <exception cref="OperationCanceledException">A stop was requested.</exception>
    public async Task WaitAndRunAsync(Func<CancellationToken, Task> action, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await TryRunAsync(action, stoppingToken);
    }

    /// <summary>Runs the action once, as a run of this loop.</summary>
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
