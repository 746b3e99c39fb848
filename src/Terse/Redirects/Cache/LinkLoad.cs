namespace Terse.Redirects;

/// <summary>A lookup of one code that is under way, and all who wait for what it finds.</summary>
/// <param name="beganAt">By the monotonic clock, before the store was asked.</param>
internal sealed class LinkLoad(long beganAt)
{
    private readonly TaskCompletionSource<CachedLink?> _end = new();

    public long BeganAt { get; } = beganAt;

    /// <summary>Whether the link was changed meanwhile, so that what is found is not to be kept.</summary>
    public bool IsDetached { get; set; }

    public void End(CachedLink? found) => _end.SetResult(found);

    public void Fail(Exception exception) => _end.SetException(exception);

    /// <summary>
    /// A task for each who waits, so that all go on where the flight ends, one after the other: of several
    /// awaits of one task the runtime sends all but the first to the pool.
    /// </summary>
    public Task<CachedLink?> EndAsync(CancellationToken cancellationToken) => _end.Task.IsCompleted
        ? _end.Task
        : _end.Task.ContinueWith(
            static ended => ended,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default).Unwrap().WaitAsync(cancellationToken);
}
