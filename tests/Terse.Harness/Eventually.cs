namespace Terse.Harness;

/// <summary>
/// Polls a condition, for example that a replica has caught up, until the condition is true.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <param name="condition">The condition.</param>
    /// <param name="timeout">How long to wait at most; by default, one minute.</param>
    /// <exception cref="OperationCanceledException">
    /// The condition was still false at the end of <paramref name="timeout"/>.
    /// </exception>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, TimeSpan? timeout = null)
    {
        using var limit = new CancellationTokenSource(timeout ?? Timeout, TimeProvider.System);
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        while (!await condition())
            await timer.WaitForNextTickAsync(limit.Token);
    }

    /// <summary>Waits until a token is cancelled, for a server that never answers.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task CancelledAsync(CancellationToken cancellationToken) =>
        new TaskCompletionSource().Task.WaitAsync(cancellationToken);
}
