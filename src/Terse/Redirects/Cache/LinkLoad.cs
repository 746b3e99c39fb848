namespace Terse.Redirects;

/// <summary>One running load of a link, and the callers that wait for its result.</summary>
/// <param name="startedAt">A timestamp of the monotonic clock, taken before the store is read.</param>
internal sealed class LinkLoad(long startedAt)
{
    private readonly TaskCompletionSource<CachedLink?> _result = new();

    public long StartedAt { get; } = startedAt;

    /// <summary>
    /// Whether the link changed, or this load was replaced, so that the result must not be cached.
    /// </summary>
    public bool IsDetached { get; set; }

    public void SetResult(CachedLink? found) => _result.SetResult(found);

    public void SetException(Exception exception) => _result.SetException(exception);

    /// <summary>
    /// Each caller gets a task of its own, so that all callers continue on the thread that completes the
    /// load, one after the other. When several callers await the same task, the runtime queues all but the
    /// first to the thread pool.
    /// </summary>
    public Task<CachedLink?> WaitAsync(CancellationToken cancellationToken) => _result.Task.IsCompleted
        ? _result.Task
        : _result.Task.ContinueWith(
            static completed => completed,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default).Unwrap().WaitAsync(cancellationToken);
}
