using System.Threading.Channels;
using Npgsql;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>Runs calls together with others. A simulation implements it without batches.</summary>
internal interface IBatcher<in TCall, TResult>
{
    /// <summary>Runs a call, perhaps in one statement with other calls.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Cancels the wait; a call that was not sent yet is dropped.</param>
    /// <exception cref="StoreUnavailableException">
    /// Too many calls wait, or the server is stopping.
    /// </exception>
    Task<TResult> CallAsync(TCall call, CancellationToken cancellationToken);
}

/// <summary>
/// Combines calls into statements. A call alone is sent at once. Calls that arrive while all statements are
/// busy wait, and the next statement takes all of them; so under load one round trip and one commit serve
/// many calls. Safe for use by any number of threads.
/// </summary>
/// <remarks>A call never joins a statement that was sent before the call arrived.</remarks>
internal sealed class Batcher<TCall, TResult> : IBatcher<TCall, TResult>, IAsyncDisposable
{
    /// <summary>The number of calls in one statement; the limit keeps each statement short.</summary>
    private const int MaxBatch = 256;

    private readonly Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> _run;
    private readonly Channel<Waiting> _waiting;
    private readonly Task _running;

    /// <param name="statements">The number of statements that may run at once.</param>
    /// <param name="maxWaiting">The number of calls that may wait; the next call fails at once.</param>
    /// <param name="run">
    /// Runs calls as one statement, and returns one result per call, in their order.
    /// </param>
    public Batcher(
        int statements, int maxWaiting, Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> run)
    {
        _run = run;
        _waiting = Channel.CreateBounded<Waiting>(maxWaiting);
        // Without this, every later statement would run in the trace and transaction of the first caller.
        using var flow = ExecutionContext.SuppressFlow();
        _running = Task.WhenAll(Enumerable.Range(0, statements).Select(_ => RunAsync()));
    }

    /// <inheritdoc/>
    public Task<TResult> CallAsync(TCall call, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(call, cancellationToken);
        return _waiting.Writer.TryWrite(waiting)
            ? waiting.Result.Task.WaitAsync(cancellationToken)
            : throw new StoreUnavailableException("The database is overloaded; retry shortly.");
    }

    /// <summary>Waits for the running statements. Calls that were not sent yet fail.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out var waiting))
            waiting.Result.SetException(new StoreUnavailableException("The server is stopping."));
        await _running;
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var next))
            {
                if (!next.CancellationToken.IsCancellationRequested)
                    batch.Add(next);
            }

            if (batch.Count > 0)
                await RunAsync(batch);
            batch.Clear();
        }
    }

    private async Task RunAsync(List<Waiting> batch)
    {
        try
        {
            var results = await _run([.. batch.Select(waiting => waiting.Call)]);
            for (var index = 0; index < batch.Count; index++)
                batch[index].Result.SetResult(results[index]);
        }
        catch (PostgresException) when (batch.Count > 1)
        {
            // One bad call must not fail the other calls of its statement, so each call runs alone.
            foreach (var waiting in batch)
                await RunAsync([waiting]);
        }
#pragma warning disable CA1031 // Every error goes to the callers, and the next statements must still run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var waiting in batch)
                waiting.Result.TrySetException(exception);
        }
    }

    private sealed record Waiting(TCall Call, CancellationToken CancellationToken)
    {
        public TaskCompletionSource<TResult> Result { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
