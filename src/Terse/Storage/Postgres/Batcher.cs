using System.Threading.Channels;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Makes one statement of the calls that wait: while some are under way others gather, and go together. One
/// call alone goes at once; under load a round trip and a commit serve many. Safe for any number of threads.
/// </summary>
/// <remarks>A call is never added to a statement that was sent before it came.</remarks>
internal sealed class Batcher<TCall, TResult> : IAsyncDisposable
{
    /// <summary>Calls that may wait; one more fails at once rather than be kept waiting.</summary>
    private const int MaxWaiting = 16_384;

    /// <summary>Calls of one statement, so that none waits for long.</summary>
    private const int MaxBatch = 256;

    private readonly Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> _run;
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(MaxWaiting);
    private readonly Task _running;

    /// <param name="statements">How many statements may be under way at once.</param>
    /// <param name="run">Runs calls as one statement, and returns a result for each, in order.</param>
    public Batcher(int statements, Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> run)
    {
        _run = run;
        _running = Task.WhenAll(Enumerable.Range(0, statements).Select(_ => RunAsync()));
    }

    /// <summary>Makes a call together with others.</summary>
    /// <exception cref="StoreUnavailableException">Too many calls wait.</exception>
    public Task<TResult> CallAsync(TCall call)
    {
        var waiting = new Waiting(call);
        return _waiting.Writer.TryWrite(waiting)
            ? waiting.Result.Task
            : throw new StoreUnavailableException("The database is asked too much at present.");
    }

    /// <summary>Makes the calls that wait, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var next))
                batch.Add(next);
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
#pragma warning disable CA1031 // Whatever went wrong, those who wait must hear of it, and the next go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var waiting in batch)
                waiting.Result.TrySetException(exception);
        }
    }

    private sealed record Waiting(TCall Call)
    {
        public TaskCompletionSource<TResult> Result { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
