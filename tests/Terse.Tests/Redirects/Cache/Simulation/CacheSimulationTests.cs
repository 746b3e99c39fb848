using Terse.Harness;

namespace Terse.Tests.Redirects;

/// <summary>
/// The number of schedules is the environment variable TERSE_SCHEDULES divided by 50, but at least 1000. A
/// failed test prints the seed of the failed schedule. To run that schedule first, set the environment
/// variable TERSE_SEED to the printed seed.
/// </summary>
public sealed class CacheSimulationTests(ITestOutputHelper output)
{
    private static readonly int Schedules =
        Math.Max(1000, TestVariable.Read("TERSE_SCHEDULES", 1_000_000) / 50);

    private static readonly int FirstSeed = TestVariable.Read("TERSE_SEED", 1);

    [Fact]
    public async Task No_schedule_serves_a_version_older_than_a_notified_change_or_exceeds_the_bounds()
    {
        var (failure, found) = await OwnThreads.RunAsync(() => FindFailure(notifiesTooEarly: false));
        output.WriteLine($"TERSE_SEED={FirstSeed}: {Schedules} schedules, {found} found");
        Assert.True(failure is null, failure);
        Assert.InRange(found, 10 * Schedules, long.MaxValue);
    }

    [Fact]
    public async Task The_simulation_detects_a_notification_that_comes_before_its_change()
    {
        var (failure, _) = await OwnThreads.RunAsync(() => FindFailure(notifiesTooEarly: true));
        output.WriteLine(failure ?? "no schedule failed");
        Assert.NotNull(failure);
    }

    /// <summary>The caller must run this method on a thread without a synchronization context.</summary>
    private static (string? Failure, long Found) FindFailure(bool notifiesTooEarly)
    {
        var found = 0L;
        for (var seed = FirstSeed; seed < FirstSeed + Schedules; seed++)
        {
            using var simulation = new CacheSimulation(seed, notifiesTooEarly);
            if (simulation.Run() is { } failure)
                return ($"TERSE_SEED={seed}: {failure}", found);
            found += simulation.Found;
        }

        return (null, found);
    }
}
