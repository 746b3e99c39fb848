using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Looks up links on replicas that have every link of which the creation was acknowledged before the request
/// arrived. So a flood of invented codes gets final answers without lookups on the primary. All requests that
/// wait share one fence: a statement on the primary that writes a mark into the write-ahead log. Each replica
/// is polled while requests wait. When a replica has replayed a fence, the codes that wait for this fence are
/// looked up on this replica, up to <see cref="MaxBatch"/> in one statement. Safe for use by any number of
/// threads.
/// </summary>
/// <remarks>
/// A creation is acknowledged after its commit is in the log. A request uses only a fence that was requested
/// after the request arrived. So the commit is in the log before the fence, and a replica that has replayed
/// the fence shows the link to every snapshot that is taken later.
/// </remarks>
/// <param name="lookups">Sends the statements.</param>
/// <param name="time">Measures the time between two polls.</param>
/// <param name="completion">
/// How requests continue: not on the thread of a poll, because other requests wait for the poll. In a
/// simulation, which has one thread, with no option.
/// </param>
internal sealed class FencedLookups(
    ILinkLookups lookups,
    TimeProvider time,
    TaskCreationOptions completion = TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The time between two polls of a replica.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The maximum number of codes in one statement. The limit keeps the running time of a statement short.
    /// </summary>
    public const int MaxBatch = 256;

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
        var waiting = new Waiting(name, fence, new(completion), cancellationToken);
        Add([waiting]);
        return await waiting.Result.Task.WaitAsync(cancellationToken)
            ?? await lookups.Any.CallAsync(name, cancellationToken);
    }

    /// <summary>
    /// Lets requests wait, and polls every replica in rotation that is not being polled. A replica whose
    /// polls ended while another replica looked up these requests must be polled again.
    /// </summary>
    private void Add(List<Waiting> added)
    {
        var replicas = lookups.Replicas;
        var unpolled = new List<int>();
        bool isPolled;
        lock (_lock)
        {
            foreach (var replica in replicas)
            {
                if (_polled.Add(replica))
                    unpolled.Add(replica);
            }

            isPolled = _polled.Count > 0;
            if (isPolled)
                _waiting.AddRange(added);
        }

        if (!isPolled)
        {
            foreach (var waiting in added)
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
            if (!await LookUpReachedAsync(replica))
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

    /// <summary>
    /// Looks up codes that wait for a fence which a replica has replayed, in one statement.
    /// </summary>
    /// <returns>Whether more codes may wait for such a fence, so that the replica can be polled at once.
    /// </returns>
    private async Task<bool> LookUpReachedAsync(int replica)
    {
        List<Waiting> reached = [];
        List<Waiting> undecided = [];
        try
        {
            var results = await lookups.LookUpReplayedAsync(replica, position =>
            {
                reached = TakeReached(position);
                return reached.ConvertAll(waiting => waiting.Name);
            });
            for (var index = 0; index < reached.Count; index++)
            {
                if (!TryComplete(reached[index], results[index]))
                    undecided.Add(reached[index]);
            }
        }
        catch (HostUnavailableException)
        {
            undecided = reached; // Another replica may reach the fence in time.
        }
#pragma warning disable CA1031 // The waiting requests get every error; the loop must continue.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var waiting in reached)
                waiting.Result.TrySetException(exception);
        }

        if (undecided.Count > 0)
            Add(undecided);
        return reached.Count == MaxBatch && undecided.Count == 0;
    }

    private List<Waiting> TakeReached(long position)
    {
        var reached = new List<Waiting>();
        lock (_lock)
        {
            _waiting.RemoveAll(waiting =>
            {
                if (reached.Count == MaxBatch || waiting.Fence.Position > position)
                    return false;
                reached.Add(waiting);
                return true;
            });
        }

        return reached;
    }

    /// <summary>
    /// Completes a request if the fence and the replica's snapshot belong to the same primary. Otherwise, the
    /// positions cannot be compared, and the result proves nothing. A replica that has not replayed the first
    /// beat of a new primary still shows the earlier primary, and an earlier horizon than the next fences of
    /// the earlier primary; the request then has to wait.
    /// </summary>
    private bool TryComplete(Waiting waiting, LookupResult result)
    {
        if (result.IsReplica
            && result.Generation == waiting.Fence.Generation
            && result.ClosedAt >= waiting.Fence.ClosedAt)
        {
            waiting.Result.SetResult(result with { HasReachedFence = true });
            return true;
        }

        if (waiting.Fence.Generation == lookups.Generation)
            return false;
        waiting.Result.SetResult(result);
        return true;
    }

    /// <param name="Name">The name of the link.</param>
    /// <param name="Fence">The fence that a replica has to reach.</param>
    /// <param name="Result">The result of the lookup; null if no replica is in rotation.</param>
    /// <param name="CancellationToken">Is cancelled when the request no longer waits.</param>
    private sealed record Waiting(
        LinkName Name,
        Fence Fence,
        TaskCompletionSource<LookupResult?> Result,
        CancellationToken CancellationToken);
}
