namespace Terse.Bench;

/// <summary>
/// One row of the result table. <c>Goal</c> is empty and <c>Met</c> is null if there is no goal for the
/// value.
/// </summary>
internal sealed record Result(string What, string Measured, string Goal, bool? Met = null)
{
    /// <summary>Returns the median. The number of values must be odd.</summary>
    public static double MedianOf(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>Makes a row with the 50th and the 99th percentile of response times.</summary>
    public static Result OfTimes(string what, IEnumerable<TimeSpan> times)
    {
        var sorted = times.Select(time => time.TotalMilliseconds).Order().ToList();
        var (p50, p99) = (sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100]);
        return new($"{what}, p50 / p99", $"{p50:N1} / {p99:N1} ms", "");
    }
}

/// <summary>
/// The results of all benchmarks. <c>bench/run</c> prints them as a Markdown table below a line about the
/// machine.
/// </summary>
internal sealed class ResultTable
{
    private readonly List<Result> _results = [];

    public void Add(IEnumerable<Result> results) => _results.AddRange(results);

    public void Write(TextWriter output)
    {
        var cores = Environment.ProcessorCount;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        output.WriteLine($"{Environment.OSVersion}, {cores} cores, {memory} GiB, .NET {Environment.Version}; "
            + "clients and server share the machine.");
        output.WriteLine();
        output.WriteLine("| what | measured | goal | met |");
        output.WriteLine("| --- | ---: | ---: | --- |");
        foreach (var result in _results)
        {
            var met = result.Met switch { true => "yes", false => "**no**", null => "" };
            output.WriteLine($"| {result.What} | {result.Measured} | {result.Goal} | {met} |");
        }
    }
}
