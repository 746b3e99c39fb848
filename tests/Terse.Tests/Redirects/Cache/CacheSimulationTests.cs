namespace Terse.Tests.Redirects;

/// <summary>A failure names its seed; TERSE_SEED runs it first.</summary>
public sealed class CacheSimulationTests(ITestOutputHelper output)
{
    private const int Schedules = 20_000;

    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable("TERSE_SEED"), out var seed) ? seed : 1;

    [Fact]
    public async Task No_schedule_serves_what_is_older_than_a_change_that_was_told_or_breaks_the_bounds()
    {
        var (broken, found) = await Task.Run(() => FindBroken(isToldTooEarly: false));
        output.WriteLine($"TERSE_SEED={FirstSeed}: {Schedules} schedules, {found} found");
        Assert.True(broken is null, broken);
        Assert.InRange(found, 10 * Schedules, long.MaxValue);
    }

    [Fact]
    public async Task A_change_that_is_told_before_it_is_made_is_noticed()
    {
        var (broken, _) = await Task.Run(() => FindBroken(isToldTooEarly: true));
        output.WriteLine(broken ?? "nothing broke");
        Assert.NotNull(broken);
    }

    /// <summary>On a thread of the pool, where no context takes continuations elsewhere.</summary>
    private static (string? Broken, long Found) FindBroken(bool isToldTooEarly)
    {
        var found = 0L;
        for (var seed = FirstSeed; seed < FirstSeed + Schedules; seed++)
        {
            using var simulation = new CacheSimulation(seed, isToldTooEarly);
            if (simulation.Run() is { } broken)
                return ($"TERSE_SEED={seed}: {broken}", found);
            found += simulation.Found;
        }

        return (null, found);
    }
}
