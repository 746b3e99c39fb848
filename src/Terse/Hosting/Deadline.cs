namespace Terse.Hosting;

/// <summary>Runs a call that must end within a time limit.</summary>
internal static class Deadline
{
    /// <summary>
    /// Runs a call and cancels its token when the limit passes or when the caller cancels. The method waits
    /// until the call ends; append <c>WaitAsync(token)</c> to a call that may ignore its token.
    /// </summary>
    /// <param name="limit">How long the call may take.</param>
    /// <param name="call">The call; its token ends at the limit or with the caller's token.</param>
    /// <param name="onTimeout">
    /// Makes the exception to throw when the call was cancelled, but not by the caller.
    /// </param>
    /// <param name="time">Measures the limit.</param>
    /// <param name="cancellationToken">The caller's token; its cancellation is passed on unchanged.</param>
    public static async Task<T> RunAsync<T>(
        TimeSpan limit,
        Func<CancellationToken, Task<T>> call,
        Func<OperationCanceledException, Exception> onTimeout,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await call(linked.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw onTimeout(exception);
        }
    }
}
