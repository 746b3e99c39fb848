namespace Terse.Hosting;

/// <summary>Runs one call of an <see cref="IObjectStore"/> within its time limit.</summary>
internal static class ObjectStoreCall
{
    /// <param name="description">The object, for people.</param>
    /// <param name="work">Does the work of the call.</param>
    /// <param name="isFailure">
    /// Whether an exception means that the store failed. An <see cref="IOException"/> always does.
    /// </param>
    /// <param name="time">The clock for the time limit.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="SourceUnavailableException">The store failed, or did not answer in time.</exception>
    public static async Task<T> RunAsync<T>(
        string description,
        Func<CancellationToken, Task<T>> work,
        Func<Exception, bool> isFailure,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(IObjectStore.TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            // A mount without its server, and the search for credentials of AWS, block the thread in calls
            // that no token ends.
            return await Task.Run(() => work(either.Token), either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SourceUnavailableException(
                $"{description} gave no answer within {IObjectStore.TimeLimit.TotalSeconds} s.", exception);
        }
        catch (Exception exception) when (exception is IOException || isFailure(exception))
        {
            var reason = exception.Message.ReplaceLineEndings(" ").TrimEnd(' ', '.');
            throw new SourceUnavailableException($"{description} cannot be used: {reason}.", exception);
        }
    }
}
