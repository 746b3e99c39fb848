namespace Terse.Bench;

/// <summary>One line of the table: the measured value, and the goal if there is one.</summary>
internal sealed record Result(string What, string Measured, string Goal, bool? Met = null)
{
    /// <summary>The median of an odd number of values.</summary>
    public static double MedianOf(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>The response times as percentiles 50 and 99.</summary>
    public static Result OfTimes(string what, IEnumerable<TimeSpan> times)
    {
        var sorted = times.Select(time => time.TotalMilliseconds).Order().ToList();
        var (p50, p99) = (sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100]);
        return new($"{what}, p50 / p99", $"{p50:N1} / {p99:N1} ms", "");
    }
}

/// <summary>The table that bench/run prints in Markdown, with a line about the machine.</summary>
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
