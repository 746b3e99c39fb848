using System.Diagnostics;
using System.Threading.Channels;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Accepts single calls and may run several of them in one SQL statement. The simulation in the tests
/// implements this interface without batches.
/// </summary>
internal interface IBatcher<in TCall, TResult>
{
    /// <summary>Runs a call, possibly in one SQL statement with other calls.</summary>
    /// <param name="call">The input of the call, for example a link to insert.</param>
    /// <param name="cancellationToken">
    /// Cancels the wait. A call that was not sent to the database yet is dropped; a call that was sent still
    /// runs.
    /// </param>
    /// <exception cref="StoreUnavailableException">
    /// Too many calls are waiting, or the Terse server is stopping.
    /// </exception>
    Task<TResult> CallAsync(TCall call, CancellationToken cancellationToken);
}

/// <summary>
/// Combines calls into SQL statements. If fewer statements than the maximum are running, a call is sent
/// immediately. Otherwise the call waits, and the next statement takes up to <see cref="MaxBatch"/> waiting
/// calls. So under load one round trip and one commit serve many calls. Safe for use by any number of
/// threads.
/// </summary>
/// <remarks>
/// A call never joins a statement that was sent before the call arrived. So the snapshot of the statement is
/// never older than the call.
/// </remarks>
internal sealed class Batcher<TCall, TResult> : IBatcher<TCall, TResult>, IAsyncDisposable
{
    /// <summary>
    /// The maximum number of calls in one statement. The limit keeps the running time of a statement short.
    /// </summary>
    private const int MaxBatch = 256;

    private readonly Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> _run;
    private readonly StatementPace? _pace;
    private readonly Channel<Waiting> _waiting;
    private readonly Task _running;
    private readonly string _name;

    /// <param name="name">What the calls do, in metrics and spans.</param>
    /// <param name="statements">The maximum number of statements that run at the same time.</param>
    /// <param name="maxWaiting">
    /// The maximum number of waiting calls. When this number is reached, each new call fails immediately.
    /// </param>
    /// <param name="run">
    /// Runs the calls as one SQL statement. Returns one result per call, in the order of the calls.
    /// </param>
    /// <param name="pace">
    /// Limits how often each of the statements is sent; null if a statement may follow at once.
    /// </param>
    public Batcher(
        string name,
        int statements,
        int maxWaiting,
        Func<IReadOnlyList<TCall>, Task<IReadOnlyList<TResult>>> run,
        StatementPace? pace = null)
    {
        (_run, _pace, _name) = (run, pace, name);
        BatchTelemetry.Register(name);
        _waiting = Channel.CreateBounded<Waiting>(maxWaiting);
        // The loops must not inherit the ExecutionContext of the code that creates this object. Otherwise
        // every later statement would belong to the trace and the ambient transaction of that code.
        using var flow = ExecutionContext.SuppressFlow();
        _running = Task.WhenAll(Enumerable.Range(0, statements).Select(_ => RunAsync()));
    }

    /// <inheritdoc/>
    public Task<TResult> CallAsync(TCall call, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(call, cancellationToken);
        return _waiting.Writer.TryWrite(waiting)
            ? waiting.Result.Task.WaitAsync(cancellationToken)
            : throw new StoreUnavailableException("The database is overloaded; retry shortly.")
            {
                IsOverload = true,
            };
    }

    /// <summary>
    /// Waits until the running statements have ended. Calls that were not sent to the database yet fail.
    /// </summary>
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
        var maxBatch = _pace?.MaxBatch ?? MaxBatch;
        long? sentAt = null;
        while (await _waiting.Reader.WaitToReadAsync())
        {
            // The calls that arrive during this wait are sent with the next statement.
            if (_pace is not null)
                sentAt = await _pace.WaitAsync(sentAt);
            while (batch.Count < maxBatch && _waiting.Reader.TryRead(out var next))
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
            using var span = BatchTelemetry.Start(
                _name, batch.Count, batch.Select(waiting => waiting.Caller));
            var results = await RunAsync(batch, span);
            for (var index = 0; index < batch.Count; index++)
                batch[index].Result.SetResult(results[index]);
        }
        catch (Exception exception)
            when (batch.Count > 1 && _pace is null && PostgresErrors.MayBeOfOneCall(exception))
        {
            // One call makes the whole statement fail. Each call now runs again in its own statement, so that
            // only this call fails. The locks that one call waits for may take the time of the other calls.
            // With a pace, these statements would be too many.
            foreach (var waiting in batch)
            {
                if (!waiting.CancellationToken.IsCancellationRequested)
                    await RunAsync([waiting]);
            }
        }
#pragma warning disable CA1031 // The callers get every error; the loop must continue with the next calls.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            foreach (var waiting in batch)
                waiting.Result.TrySetException(exception);
        }
    }

    private async Task<IReadOnlyList<TResult>> RunAsync(List<Waiting> batch, Activity? span)
    {
        try
        {
            return await _run([.. batch.Select(waiting => waiting.Call)]);
        }
        catch (Exception exception) when (span is not null)
        {
            span.SetFailed(exception);
            throw;
        }
    }

    private sealed record Waiting(TCall Call, CancellationToken CancellationToken)
    {
        /// <summary>The span in which the call was made.</summary>
        public ActivityContext Caller { get; } = Activity.Current?.Context ?? default;

        public TaskCompletionSource<TResult> Result { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>
/// Limits how often a <see cref="Batcher{TCall,TResult}"/> sends a statement. The first statement after a
/// pause is sent at once. While the batcher waits, more calls arrive and share the next statement.
/// </summary>
/// <param name="interval">The minimum time between the starts of two statements.</param>
/// <param name="maxBatch">The maximum number of calls in one statement.</param>
/// <param name="time">Measures the interval.</param>
internal sealed class StatementPace(TimeSpan interval, int maxBatch, TimeProvider time)
{
    public int MaxBatch => maxBatch;

    /// <summary>Waits until the next statement may be sent.</summary>
    /// <param name="sentAt">When the last statement was sent; null before the first statement.</param>
    /// <returns>When the next statement is sent, as a monotonic timestamp.</returns>
    public async ValueTask<long> WaitAsync(long? sentAt)
    {
        var rest = sentAt is { } last ? interval - time.GetElapsedTime(last) : TimeSpan.Zero;
        if (rest > TimeSpan.Zero)
            await Task.Delay(rest, time);
        return time.GetTimestamp();
    }
}
