namespace Terse.Harness;

/// <summary>
/// Runs long calculations on threads of their own. On the threads of the pool, they would keep all other work
/// of the process waiting: while the processors are busy, the pool adds no threads. These threads have no
/// synchronization context, so continuations run at once and in the same order each time.
/// </summary>
internal static class OwnThreads
{
    public static Task<T> RunAsync<T>(Func<T> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// Calls a function with consecutive numbers, on one thread for each processor. It starts them in
    /// ascending order, and starts no more after a call has returned false or has thrown.
    /// </summary>
    public static Task ForEachAsync(int first, int count, Func<int, bool> work)
    {
        var next = first - 1L;
        var stopped = false;
        return Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => RunAsync(() =>
        {
            var completed = false;
            try
            {
                while (!Volatile.Read(ref stopped) && Interlocked.Increment(ref next) is var number
                    && number < first + (long)count)
                {
                    if (!work((int)number))
                        return false;
                }

                completed = true;
            }
            finally
            {
                if (!completed)
                    Volatile.Write(ref stopped, true);
            }

            return true;
        })));
    }
}
