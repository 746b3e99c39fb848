using Terse.Harness;

namespace Terse.Tests.Ids;

/// <summary>
/// TERSE_SCHEDULES says how many schedules are run, TERSE_SEED which is the first; a failure names its seed,
/// and TERSE_SCHEDULES=1 with that seed runs it again.
/// </summary>
public sealed class MintSimulationTests
{
    private static readonly int Schedules = TestVariable.Read("TERSE_SCHEDULES", 1_000_000);
    private static readonly int FirstSeed = TestVariable.Read("TERSE_SEED", 1);

    [Fact]
    public void No_schedule_mints_an_id_twice_or_before_a_mark_that_was_given_away()
    {
        var broken = FindBroken(Schedules, startsAfterMark: true, out var minted);

        Assert.True(broken is null, broken);
        Assert.InRange(minted, Schedules, long.MaxValue);
    }

    [Fact]
    public void Without_the_rule_that_a_node_starts_after_its_mark_the_simulation_finds_the_fault() =>
        Assert.NotNull(FindBroken(10_000, startsAfterMark: false, out _));

    private static string? FindBroken(int schedules, bool startsAfterMark, out long minted)
    {
        string? broken = null;
        var sum = 0L;
        Parallel.For(FirstSeed, FirstSeed + schedules, (seed, loop) =>
        {
            var simulation = new MintSimulation(seed, startsAfterMark);
            if (simulation.Run() is { } found)
            {
                broken = $"TERSE_SCHEDULES=1 TERSE_SEED={seed}: {found}";
                loop.Stop();
            }

            Interlocked.Add(ref sum, simulation.Minted);
        });
        minted = sum;
        return broken;
    }
}
