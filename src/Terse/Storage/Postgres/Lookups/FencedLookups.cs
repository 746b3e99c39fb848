using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Looks up links on replicas that have every link of which the creation was acknowledged before the request
/// arrived. So a flood of invented codes gets final answers without lookups on the primary. All requests that
/// wait share one fence: a statement on the primary that writes a mark into the write-ahead log. Each replica
/// is polled while requests wait. When a replica has replayed a fence, the codes that wait for this fence are
/// looked up on this replica, in one statement. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// A creation is acknowledged after its commit is in the log. A request uses only a fence that was requested
/// after the request arrived. So the commit is in the log before the fence, and a replica that has replayed
/// the fence shows the link to every snapshot that is taken later.
/// </remarks>
internal sealed class FencedLookups(ILinkLookups lookups, TimeProvider time)
{
    /// <summary>The time between two polls of a replica.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();

    /// <summary>The replicas that are being polled.</summary>
    private readonly HashSet<int> _polled = [];

    /// <summary>The requests that have a fence and wait for a replica. Access needs the lock.</summary>
    private List<Waiting> _waiting = [];

    /// <summary>
    /// Waits until a replica in rotation has replayed a new fence, and looks up the link there. If no replica
    /// is in rotation, looks up the link with an ordinary read, which then goes to the primary if the primary
    /// can be reached.
    /// </summary>
    /// <param name="name">The name of the link.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait. The caller sets a time limit, because a replica may never reach the fence.
    /// </param>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    public async Task<LookupResult> LookUpAsync(LinkName name, CancellationToken cancellationToken)
    {
        var fence = await lookups.Fences.CallAsync(name, cancellationToken);
        var waiting = new Waiting(name, fence, cancellationToken);
        Add(waiting);
        return await waiting.Result.Task.WaitAsync(cancellationToken)
            ?? await lookups.Any.CallAsync(name, cancellationToken);
    }

    private void Add(Waiting waiting)
    {
        var replicas = lookups.Replicas;
        var unpolled = new List<int>();
        lock (_lock)
        {
            foreach (var replica in replicas)
            {
                if (_polled.Add(replica))
                    unpolled.Add(replica);
            }

            if (_polled.Count > 0)
                _waiting.Add(waiting);
            else
                waiting.Result.SetResult(null);
        }

        if (unpolled.Count == 0)
            return;
        // The loops must not inherit the ExecutionContext of this request, because they serve all requests.
        using var flow = ExecutionContext.SuppressFlow();
        foreach (var replica in unpolled)
            _ = PollAsync(replica);
    }

    private async Task PollAsync(int replica)
    {
        while (IsNeeded(replica))
        {
            await LookUpReachedAsync(replica);
            await Task.Delay(PollInterval, time);
        }
    }

    /// <summary>
    /// Whether to poll a replica again. When the last polled replica has left rotation, the waiting requests
    /// go on without a replica.
    /// </summary>
    private bool IsNeeded(int replica)
    {
        var isInRotation = lookups.Replicas.Contains(replica);
        List<Waiting> abandoned;
        lock (_lock)
        {
            _waiting.RemoveAll(waiting => waiting.CancellationToken.IsCancellationRequested);
            if (isInRotation && _waiting.Count > 0)
                return true;
            _polled.Remove(replica);
            if (_polled.Count > 0)
                return false;
            (abandoned, _waiting) = (_waiting, []);
        }

        foreach (var waiting in abandoned)
            waiting.Result.SetResult(null);
        return false;
    }

    /// <summary>Looks up all codes that wait for a fence which a replica has replayed.</summary>
    private async Task LookUpReachedAsync(int replica)
    {
        List<Waiting> reached = [];
        try
        {
            var results = await lookups.LookUpReplayedAsync(replica, position =>
            {
                reached = TakeReached(position);
                return reached.ConvertAll(waiting => waiting.Name);
            });
            for (var index = 0; index < reached.Count; index++)
                Complete(reached[index], results[index]);
        }
        catch (HostUnavailableException)
        {
            PutBack(reached); // Another replica may reach the fence in time.
        }
#pragma warning disable CA1031 // The waiting requests get every error; the loop must continue.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var waiting in reached)
                waiting.Result.TrySetException(exception);
        }
    }

    private List<Waiting> TakeReached(long position)
    {
        lock (_lock)
        {
            var reached = _waiting.FindAll(waiting => waiting.Fence.Position <= position);
            _waiting.RemoveAll(waiting => waiting.Fence.Position <= position);
            return reached;
        }
    }

    /// <summary>
    /// Completes a request if the fence and the replica's snapshot belong to the same primary. Otherwise, the
    /// positions cannot be compared, and the result proves nothing. A replica that has not replayed the first
    /// beat of a new primary still shows the earlier primary; the request then waits.
    /// </summary>
    private void Complete(Waiting waiting, LookupResult result)
    {
        if (result.IsReplica && result.Timeline == waiting.Fence.Generation)
            waiting.Result.SetResult(result with { HasReachedFence = true });
        else if (waiting.Fence.Generation == lookups.Timeline)
            PutBack([waiting]);
        else
            waiting.Result.SetResult(result);
    }

    private void PutBack(List<Waiting> reached)
    {
        lock (_lock)
            _waiting.AddRange(reached);
    }

    private sealed record Waiting(LinkName Name, Fence Fence, CancellationToken CancellationToken)
    {
        /// <summary>The result of the lookup; null if no replica is in rotation.</summary>
        public TaskCompletionSource<LookupResult?> Result { get; } = new();
    }
}
