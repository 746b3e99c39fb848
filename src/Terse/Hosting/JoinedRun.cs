namespace Terse.Hosting;

/// <summary>
/// Runs an action for many callers. Callers that wait at the same time share one run, which begins after the
/// last of them has called. So each caller gets a result that is not older than its call, and at most one run
/// is active. Safe for use by any number of threads.
/// </summary>
/// <param name="action">The action. Its token is cancelled by <see cref="StopAsync"/>.</param>
internal sealed class JoinedRun(Func<CancellationToken, Task> action) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private Task? _next;

    /// <summary>Cancelled when the server stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Waits for a run that begins after this call.</summary>
    /// <param name="cancellationToken">Cancels the wait, but not the run.</param>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return (_next ??= RunAfterAsync(_running)).WaitAsync(cancellationToken);
    }

    /// <summary>Cancels the active run.</summary>
    public Task StopAsync() => _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    private async Task RunAfterAsync(Task earlier)
    {
        await earlier.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
            (_running, _next) = (_next!, null);
        await action(_stopping.Token);
    }
}
