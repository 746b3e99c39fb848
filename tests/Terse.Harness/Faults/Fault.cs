namespace Terse.Harness;

/// <summary>A disturbance that a test causes, keeps up for some time, and repairs.</summary>
/// <param name="Name">The fault's name in the report of the test run.</param>
/// <param name="LongestFactor">
/// The maximum duration of this fault, as a multiple of the maximum duration that the test run sets for
/// ordinary faults.
/// </param>
/// <param name="InjectAsync">
/// Causes the fault, awaits the given function, which waits for the chosen duration, and repairs the fault.
/// </param>
internal sealed record Fault(string Name, int LongestFactor, Func<Func<Task>, Task> InjectAsync)
{
    /// <summary>
    /// Injects one fault after the other until <paramref name="over"/> is cancelled. The faults come in
    /// rounds. In each round each fault occurs once, in an order that the seed determines. The first round is
    /// always complete, so each fault occurs at least once.
    /// </summary>
    /// <returns>The names and durations of the injected faults, in the order of injection.</returns>
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
            // The test run is over. The fault ends early, and its repair still runs.
        }
    }
}
