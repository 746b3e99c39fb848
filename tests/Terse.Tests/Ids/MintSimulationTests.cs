using Terse.Harness;

namespace Terse.Tests.Ids;

/// <summary>
/// The environment variable TERSE_SCHEDULES sets the number of schedules, and TERSE_SEED sets the seed of the
/// first schedule. A failed test prints the seed of the failed schedule. To run only that schedule again, set
/// TERSE_SCHEDULES=1 and TERSE_SEED to the printed seed.
/// </summary>
public sealed class MintSimulationTests
{
    private static readonly int Schedules = TestVariable.Read("TERSE_SCHEDULES", 1_000_000);
    private static readonly int FirstSeed = TestVariable.Read("TERSE_SEED", 1);

    [Fact]
    public void No_schedule_mints_an_id_twice_or_before_its_reservation()
    {
        var broken = FindBroken(Schedules, startsAfterReservedUntil: true, out var minted);

        Assert.True(broken is null, broken);
        Assert.InRange(minted, Schedules, long.MaxValue);
    }

    [Fact]
    public void The_simulation_finds_duplicates_when_reservations_of_a_node_may_overlap() =>
        Assert.NotNull(FindBroken(10_000, startsAfterReservedUntil: false, out _));

    private static string? FindBroken(int schedules, bool startsAfterReservedUntil, out long minted)
    {
        string? broken = null;
        var sum = 0L;
        Parallel.For(FirstSeed, FirstSeed + schedules, (seed, loop) =>
        {
            var simulation = new MintSimulation(seed, startsAfterReservedUntil);
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
