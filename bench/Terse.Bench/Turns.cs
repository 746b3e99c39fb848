using Terse.Harness;

namespace Terse.Bench;

/// <summary>One measurement of a server under load.</summary>
/// <param name="Rate">The responses per second.</param>
/// <param name="Cpu">The server's processor time per response, in microseconds.</param>
internal sealed record ServerRun(double Rate, double Cpu)
{
    public static async Task<ServerRun> MeasureAsync(int process, Func<Task<WrkRun>> runAsync)
    {
        var before = ProcessUsage.CpuTime(process);
        var run = await runAsync();
        var used = ProcessUsage.CpuTime(process) - before;
        return new(run.Rate, used.TotalMicroseconds / run.Requests);
    }
}

/// <summary>A server, and the load under which it is measured.</summary>
internal sealed record LoadedServer(TerseProcess Server, Func<Uri, TimeSpan, Task<WrkRun>> RunAsync)
{
    public Task<ServerRun> MeasureAsync(TimeSpan time) =>
        ServerRun.MeasureAsync(Server.Id, () => RunAsync(Server.Http.BaseAddress!, time));
}

/// <summary>
/// Measures two servers in turns, so that a change in the machine's speed affects both of them. While one
/// server is measured, the other one is suspended, because its work in the background would take processor
/// time.
/// </summary>
internal sealed class Turns
{
    private readonly List<ServerRun> _first = [];
    private readonly List<ServerRun> _second = [];

    /// <summary>The median of the responses per second of the first server.</summary>
    public double FirstRate => Result.MedianOf(_first.Select(run => run.Rate));

    /// <summary>The median of the responses per second of the second server.</summary>
    public double SecondRate => Result.MedianOf(_second.Select(run => run.Rate));

    /// <summary>The rate of the second server over the rate of the first one, median of all rounds.</summary>
    public double RateShare =>
        Result.MedianOf(_first.Zip(_second, (first, second) => second.Rate / first.Rate));

    /// <summary>
    /// The processor time per response of the second server over that of the first one, median of all rounds.
    /// </summary>
    public double CpuShare =>
        Result.MedianOf(_first.Zip(_second, (first, second) => second.Cpu / first.Cpu));

    /// <param name="first">The first server.</param>
    /// <param name="second">The second server.</param>
    /// <param name="rounds">How often each server is measured: an odd number.</param>
    /// <param name="time">How long each measurement takes; also the time to warm up each server.</param>
    public static async Task<Turns> RunAsync(
        LoadedServer first, LoadedServer second, int rounds, TimeSpan time)
    {
        var turns = new Turns();
        _ = await MeasureAloneAsync(first, second, time);
        _ = await MeasureAloneAsync(second, first, time);
        for (var round = 0; round < rounds; round++)
        {
            // Each server begins every other round, so that neither gains from its place.
            if (round % 2 == 0)
                turns._first.Add(await MeasureAloneAsync(first, second, time));
            turns._second.Add(await MeasureAloneAsync(second, first, time));
            if (round % 2 != 0)
                turns._first.Add(await MeasureAloneAsync(first, second, time));
        }

        return turns;
    }

    private static async Task<ServerRun> MeasureAloneAsync(
        LoadedServer measured, LoadedServer other, TimeSpan time)
    {
        other.Server.Pause();
        var run = await measured.MeasureAsync(time);
        other.Server.Resume();
        return run;
    }
}
