namespace Terse.Redirects;

/// <summary>A running load of one link. Any number of callers can wait for the result of the load.</summary>
/// <param name="startedAt">A timestamp of the monotonic clock, taken before the store is read.</param>
internal sealed class LinkLoad(long startedAt)
{
    private readonly TaskCompletionSource<CachedLink?> _result = new();

    public long StartedAt { get; } = startedAt;

    /// <summary>
    /// Whether the result must not be cached, because the link has changed or because a newer load has
    /// replaced this load.
    /// </summary>
    public bool IsDetached { get; set; }

    public void SetResult(CachedLink? found) => _result.SetResult(found);

    public void SetException(Exception exception)
    {
        _result.SetException(exception);
        _ = _result.Task.Exception; // Marks the exception as observed: a background load has no caller.
    }

    /// <summary>
    /// Returns a separate task to each caller, so that all callers continue one after the other on the thread
    /// that completes the load. If several callers awaited one task, the runtime would continue only the
    /// first caller on that thread, and would queue the others to the thread pool.
    /// </summary>
    public Task<CachedLink?> WaitAsync(CancellationToken cancellationToken) => _result.Task.IsCompleted
        ? _result.Task
        : _result.Task.ContinueWith(
            static completed => completed,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default).Unwrap().WaitAsync(cancellationToken);
}
