namespace Terse.Bench;

/// <summary>
/// Measures the nanoseconds and allocated bytes per id, in comparison with .NET's UUIDs and with an atomic
/// increment. Also measures how many ids per second one node makes with Terse's layout; the sequence bits
/// limit this rate, not the processor.
/// </summary>
internal static class IdBenchmark
{
    private const int GoalTimes = 4;
    private const int Batch = 1000;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);
    private static readonly DateTimeOffset Yesterday = TimeProvider.System.GetUtcNow().AddDays(-1);

    private delegate bool Mint();

    public static IEnumerable<Result> Run()
    {
        var results = new List<Result>();
        foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            // A layout with 2²⁴ ids per millisecond, so that the sequence does not limit the rate.
            var unlimited = new TsidLayout("bench", TimeSpan.FromMilliseconds(1), Yesterday, 4, 24);
            var (tsid, bytes) = Measure(threads, NewMint(unlimited));
            var (uuid, uuidBytes) = Measure(threads, NewUuid);
            var counter = 0L;
            var (increment, _) = Measure(threads, () => Interlocked.Increment(ref counter) > 0);
            results.Add(new(
                $"ns an id, {threads} threads: TSID / UUIDv7 / increment",
                $"{tsid:N1} / {uuid:N1} / {increment:N1}",
                ""));
            results.Add(new(
                $"UUIDv7's time over TSID's, {threads} threads",
                $"{uuid / tsid:N1}",
                $"{GoalTimes}",
                uuid >= GoalTimes * tsid));
            results.Add(new(
                $"bytes allocated an id, {threads} threads: TSID / UUIDv7",
                $"{bytes:N3} / {uuidBytes:N3}",
                "0",
                bytes == 0));
        }

        results.AddRange(Limits());
        return results;
    }

    /// <summary>
    /// Measures how many ids per second one node makes with layouts whose sequence bits limit the rate. Also
    /// reports the rate that each layout allows.
    /// </summary>
    private static IEnumerable<Result> Limits()
    {
        TsidLayout[] layouts = [TsidLayout.Terse(Yesterday), TsidLayout.Canonical, TsidLayout.Snowflake];
        foreach (var layout in layouts)
        {
            var allowed = layout.SequenceCount / layout.TickLength.TotalSeconds;
            var mint = NewMint(layout);
            while (mint())
            {
                // The generator may use timestamps up to one second ahead of the clock. This loop uses them
                // up first, because they would raise the measured rate.
            }

            var (nanoseconds, _) = Measure(Environment.ProcessorCount, mint);
            yield return new(
                $"ids/s of one node, layout {layout.Name}, which allows {allowed:N0}",
                $"{1e9 / nanoseconds:N0}",
                "");
        }
    }

    private static Mint NewMint(TsidLayout layout)
    {
        var generator = new TsidGenerator(layout, node: 0, TimeProvider.System);
        return () => generator.TryNext(out _);
    }

    private static bool NewUuid() => Guid.CreateVersion7() != Guid.Empty;

    /// <summary>
    /// Mints ids on several threads for one second. Does not count calls that returned no id because they
    /// must wait.
    /// </summary>
    private static (double Nanoseconds, double Bytes) Measure(int threads, Mint mint)
    {
        _ = Loop(mint, TimeSpan.FromMilliseconds(300));
        var loops = new (long Count, double Seconds, long Bytes)[threads];
        var running = new Thread[threads];
        for (var index = 0; index < threads; index++)
        {
            var own = index;
            running[index] = new Thread(() => loops[own] = Loop(mint, Duration));
        }

        Array.ForEach(running, thread => thread.Start());
        Array.ForEach(running, thread => thread.Join());
        var rate = loops.Sum(loop => loop.Count / loop.Seconds);
        return (1e9 / rate, loops.Sum(loop => loop.Bytes) / (double)loops.Sum(loop => loop.Count));
    }

    private static (long Count, double Seconds, long Bytes) Loop(Mint mint, TimeSpan duration)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var begin = TimeProvider.System.GetTimestamp();
        var count = 0L;
        TimeSpan passed;
        do
        {
            for (var round = 0; round < Batch; round++)
                count += mint() ? 1 : 0;
            passed = TimeProvider.System.GetElapsedTime(begin);
        }
        while (passed < duration);
        return (count, passed.TotalSeconds, GC.GetAllocatedBytesForCurrentThread() - bytes);
    }
}
