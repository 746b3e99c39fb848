namespace Terse.Harness;

/// <summary>A fault that lasts for some time.</summary>
/// <param name="Name">The name in the report.</param>
/// <param name="LongestFactor">The factor by which the fault may last longer than other faults.</param>
/// <param name="InjectAsync">Causes the fault, waits for its duration by calling its argument, and
///     repairs it.</param>
internal sealed record Fault(string Name, int LongestFactor, Func<Func<Task>, Task> InjectAsync)
{
    /// <summary>
    /// Injects one fault after the other until the run is over, and each fault at least once. In each round
    /// each fault occurs once, in an order that the seed determines.
    /// </summary>
    /// <returns>The names and durations of the faults, in order.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(
        Fault[] faults, int seed, TimeSpan longest, CancellationToken over)
    {
        var random = new Random(seed);
        var injected = new List<string>();
        while (!over.IsCancellationRequested)
        {
            var isFirstRound = injected.Count == 0;
            random.Shuffle(faults);
            foreach (var fault in faults)
            {
                var length = longest * fault.LongestFactor * (0.3 + (0.7 * random.NextDouble()));
                if (over.IsCancellationRequested && !isFirstRound)
                    break;
                await fault.InjectAsync(() => WaitAsync(length, over));
                injected.Add($"{fault.Name} ({length.TotalSeconds:0.0} s)");
            }
        }

        return injected;
    }

    private static async Task WaitAsync(TimeSpan length, CancellationToken over)
    {
        using var timer = new PeriodicTimer(length, TimeProvider.System);
        try
        {
            await timer.WaitForNextTickAsync(over);
        }
        catch (OperationCanceledException)
        {
            // The run is over, and the fault ends.
        }
    }
}
