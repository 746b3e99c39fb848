namespace Terse.ClusterTests;

/// <summary>Something that goes wrong for a while.</summary>
/// <param name="Name">What it is called in a report.</param>
/// <param name="LongestFactor">How many times longer than others it may last.</param>
/// <param name="SufferAsync">Brings it about, waits as long as it is to last, and mends it.</param>
internal sealed record Fault(string Name, int LongestFactor, Func<Func<Task>, Task> SufferAsync)
{
    /// <summary>
    /// One after the other in an order that the seed decides, each as often as any other, until the run is
    /// over; but each once at least.
    /// </summary>
    /// <returns>What went wrong, in this order, and for how long.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(
        Fault[] faults, int seed, TimeSpan longest, CancellationToken over)
    {
        var random = new Random(seed);
        var suffered = new List<string>();
        while (!over.IsCancellationRequested)
        {
            var isFirstRound = suffered.Count == 0;
            random.Shuffle(faults);
            foreach (var fault in faults)
            {
                var length = longest * fault.LongestFactor * (0.3 + (0.7 * random.NextDouble()));
                if (over.IsCancellationRequested && !isFirstRound)
                    break;
                await fault.SufferAsync(() => PassAsync(length, over));
                suffered.Add($"{fault.Name} ({length.TotalSeconds:0.0} s)");
            }
        }

        return suffered;
    }

    private static async Task PassAsync(TimeSpan length, CancellationToken over)
    {
        using var timer = new PeriodicTimer(length, TimeProvider.System);
        try
        {
            await timer.WaitForNextTickAsync(over);
        }
        catch (OperationCanceledException)
        {
            // The run is over; the fault ends with it.
        }
    }
}
