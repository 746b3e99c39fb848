namespace Terse.Hosting;

/// <summary>
/// Runs one action for many callers. Callers that wait at the same time share one run, which begins after the
/// last of them has called. So each caller gets a result that is not older than its call, and at most one run
/// is active. Safe for use by any number of threads.
/// </summary>
internal sealed class JoinedRun : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private Task? _next;

    /// <summary>Cancelled when the server stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Waits for a run that begins after this call.</summary>
    /// <param name="action">
    /// The action, the same in all calls. Its token is cancelled by <see cref="StopAsync"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, but not the run.</param>
    public Task RunAsync(Func<CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        lock (_lock)
            return (_next ??= RunAfterAsync(_running, action)).WaitAsync(cancellationToken);
    }

    /// <summary>Cancels the active run.</summary>
    public Task StopAsync() => _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    private async Task RunAfterAsync(Task earlier, Func<CancellationToken, Task> action)
    {
        await earlier.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_lock)
            (_running, _next) = (_next!, null);
        await action(_stopping.Token);
    }
}
