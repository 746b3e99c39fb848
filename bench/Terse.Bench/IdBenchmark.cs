namespace Terse.Bench;

/// <summary>
/// Nanoseconds and bytes an id, beside .NET's own UUIDs and the cheapest thing that can be counted with; then
/// the rate that Terse's layout sustains, which its sequence limits and not the processor.
/// </summary>
internal static class IdBenchmark
{
    private const int GoalTimes = 4;
    private const int Batch = 10_000;

    private static readonly TimeSpan Time = TimeSpan.FromSeconds(1);

    public static IEnumerable<Result> Run()
    {
        var cores = Environment.ProcessorCount;
        var (tsid, bytes) = Measure(1, NewMinter(sequenceBits: 22));
        var (uuid, _) = Measure(1, () => Guid.CreateVersion7());
        var counter = 0L;
        var (increment, _) = Measure(1, () => Interlocked.Increment(ref counter));
        var (tsidAll, _) = Measure(cores, NewMinter(sequenceBits: 22));
        var (uuidAll, _) = Measure(cores, () => Guid.CreateVersion7());
        var (incrementAll, _) = Measure(cores, () => Interlocked.Increment(ref counter));
        var (limited, _) = Measure(1, NewMinter(sequenceBits: 7));
        return
        [
            new("ns an id, 1 thread: TSID / UUIDv7 / increment", Show(tsid, uuid, increment), ""),
            new($"ns an id, {cores} threads: the same", Show(tsidAll, uuidAll, incrementAll), ""),
            new("UUIDv7's time over TSID's", $"{uuid / tsid:N1}", $"{GoalTimes}", uuid >= GoalTimes * tsid),
            new("bytes allocated an id", $"{bytes:N0}", "0", bytes == 0),
            new("ids/s of one node in Terse's layout (its sequence is the limit)", $"{1e9 / limited:N0}", ""),
        ];
    }

    private static string Show(params double[] nanoseconds) =>
        string.Join(" / ", nanoseconds.Select(time => time.ToString("N0")));

    private static Action NewMinter(int sequenceBits)
    {
        var layout = new TsidLayout(
            "bench", TimeSpan.FromMilliseconds(10), DateTimeOffset.UnixEpoch, nodeBits: 5, sequenceBits);
        var generator = new TsidGenerator(layout, node: 0, TimeProvider.System);
        Drain(generator, ahead: sequenceBits < 22);
        return () =>
        {
            while (!generator.TryNext(out _))
                Thread.Yield();
        };
    }

    /// <summary>Takes the second that a generator may run ahead out of the measurement.</summary>
    private static void Drain(TsidGenerator generator, bool ahead)
    {
        while (ahead && generator.TryNext(out _))
        {
        }
    }

    private static (double Nanoseconds, double Bytes) Measure(int threads, Action mint)
    {
        Loop(mint, TimeSpan.FromMilliseconds(300));
        var results = new (long Count, TimeSpan Time, long Bytes)[threads];
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
            results[thread] = Loop(mint, Time));
        var rate = results.Sum(result => result.Count / result.Time.TotalSeconds);
        var bytes = results.Sum(result => result.Bytes) / (double)results.Sum(result => result.Count);
        return (1e9 / rate, bytes);
    }

    private static (long Count, TimeSpan Time, long Bytes) Loop(Action mint, TimeSpan time)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var begin = TimeProvider.System.GetTimestamp();
        var count = 0L;
        while (TimeProvider.System.GetElapsedTime(begin) < time)
        {
            for (var round = 0; round < Batch; round++)
                mint();
            count += Batch;
        }

        return (
            count,
            TimeProvider.System.GetElapsedTime(begin),
            GC.GetAllocatedBytesForCurrentThread() - bytes);
    }
}
