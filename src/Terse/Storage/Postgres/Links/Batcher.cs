using System.Threading.Channels;
using Npgsql;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Makes one statement of the calls that wait: while some are under way others gather, and go together. One
/// call alone goes at once; under load a round trip and a commit serve many. Safe for any number of threads.
/// </summary>
/// <remarks>A call is never added to a statement that was sent before it came.</remarks>
internal sealed class Batcher<TCall, TResult> : IAsyncDisposable
{
    /// <summary>Calls of one statement, so that none waits for long.</summary>
    private const int MaxBatch = 256;

    private readonly Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> _run;
    private readonly Channel<Waiting> _waiting;
    private readonly Task _running;

    /// <param name="statements">How many statements may be under way at once.</param>
    /// <param name="maxWaiting">
    /// Calls that may wait; one more fails at once rather than be kept waiting.
    /// </param>
    /// <param name="run">Runs calls as one statement, and returns a result for each, in order.</param>
    public Batcher(
        int statements, int maxWaiting, Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> run)
    {
        _run = run;
        _waiting = Channel.CreateBounded<Waiting>(maxWaiting);
        // Whoever happens to come first is not to lend all later statements his trace, or his transaction.
        using var own = ExecutionContext.SuppressFlow();
        _running = Task.WhenAll(Enumerable.Range(0, statements).Select(_ => RunAsync()));
    }

    /// <summary>Makes a call together with others.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the wait; a call that was not sent yet is not made.</param>
    /// <exception cref="StoreUnavailableException">
    /// Too many calls wait, or the server is stopping.
    /// </exception>
    public Task<TResult> CallAsync(TCall call, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(call, cancellationToken);
        return _waiting.Writer.TryWrite(waiting)
            ? waiting.Result.Task.WaitAsync(cancellationToken)
            : throw new StoreUnavailableException("The database is asked too much at present.");
    }

    /// <summary>Waits for the statements under way; what was not sent yet fails.</summary>
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
            // What is wrong with one is not to be the others' error.
            foreach (var waiting in batch)
                await RunAsync([waiting]);
        }
#pragma warning disable CA1031 // Whatever went wrong, those who wait must hear of it, and the next go on.
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
