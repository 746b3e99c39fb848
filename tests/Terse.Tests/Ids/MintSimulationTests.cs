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
    public async Task No_schedule_mints_an_id_twice_or_before_its_reservation()
    {
        var (broken, minted) = await FindBrokenAsync(Schedules, startsAfterReservedUntil: true);

        Assert.True(broken is null, broken);
        Assert.InRange(minted, Schedules, long.MaxValue);
    }

    [Fact]
    public async Task The_simulation_finds_duplicates_when_reservations_of_a_node_may_overlap() =>
        Assert.NotNull((await FindBrokenAsync(10_000, startsAfterReservedUntil: false)).Broken);

    private static async Task<(string? Broken, long Minted)> FindBrokenAsync(
        int schedules, bool startsAfterReservedUntil)
    {
        string? broken = null;
        var minted = 0L;
        await OwnThreads.ForEachAsync(FirstSeed, schedules, seed =>
        {
            var simulation = new MintSimulation(seed, startsAfterReservedUntil);
            var found = simulation.Run();
            if (found is not null)
                broken = $"TERSE_SCHEDULES=1 TERSE_SEED={seed}: {found}";
            Interlocked.Add(ref minted, simulation.Minted);
            return found is null;
        });
        return (broken, minted);
    }
}
