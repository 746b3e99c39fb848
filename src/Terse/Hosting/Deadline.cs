namespace Terse.Hosting;

/// <summary>Limits how long an asynchronous call may run.</summary>
internal static class Deadline
{
    /// <summary>
    /// Runs a call, and cancels the token of the call when the time limit passes or when the caller cancels.
    /// The method returns only after the call has ended. If a call may ignore its token, append
    /// <c>WaitAsync(token)</c> to the call, so that the method still returns at the limit.
    /// </summary>
    /// <param name="limit">The maximum duration of the call.</param>
    /// <param name="call">
    /// The call to run. Its token is cancelled at the limit, or when the caller cancels.
    /// </param>
    /// <param name="onTimeout">
    /// Creates the exception to throw if the call was cancelled although the caller did not cancel.
    /// </param>
    /// <param name="time">The clock that measures <paramref name="limit"/>.</param>
    /// <param name="cancellationToken">
    /// The caller's token. If the caller cancels, the caller gets the
    /// <see cref="OperationCanceledException"/> of the call.
    /// </param>
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
