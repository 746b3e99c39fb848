using Terse.Harness;

namespace Terse.Tests.Visits;

/// <summary>
/// The number of simulations is the environment variable TERSE_SCHEDULES divided by 10,000, but at least 1.
/// TERSE_SEED is the seed of the first simulation; each further simulation uses the next seed. A failed test
/// prints the seed of the failed simulation. To repeat the failure, set TERSE_SCHEDULES=1 and TERSE_SEED to
/// the printed seed.
/// </summary>
public sealed class VisitSimulationTests
{
    private static readonly int Schedules =
        Math.Max(1, TestVariable.Read("TERSE_SCHEDULES", 1_000_000) / 10_000);
    private static readonly int FirstSeed = TestVariable.Read("TERSE_SEED", 1);

    [Fact]
    public async Task Each_visit_counts_exactly_once_in_every_schedule_of_kills_and_lost_responses()
    {
        var (recorded, lost, kills) = (0L, 0L, 0);
        for (var seed = FirstSeed; seed < FirstSeed + Schedules; seed++)
        {
            using var simulation = new VisitSimulation(seed);
            var broken = await simulation.RunAsync();
            Assert.True(broken is null, $"TERSE_SCHEDULES=1 TERSE_SEED={seed}: {broken}");
            recorded += simulation.Recorded;
            lost += simulation.Lost;
            kills += simulation.Kills;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{Schedules} seeds from {FirstSeed} on: {recorded} visits, {lost} lost, {kills} kills");
        Assert.InRange(recorded, Schedules, long.MaxValue);
        Assert.InRange(kills, Schedules, int.MaxValue);
    }

    [Fact]
    public async Task Without_the_ring_position_in_the_batch_the_simulation_finds_visits_that_count_twice()
    {
        string? broken = null;
        for (var seed = 1; seed < 100 && broken is null; seed++)
        {
            using var simulation = new VisitSimulation(seed, forgetsRingPosition: true);
            broken = await simulation.RunAsync();
        }

        Assert.Contains("counted 2 times", broken, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_visit_counts_twice_in_any_schedule_of_kills_and_power_losses()
    {
        var (recorded, lost, losses) = (0L, 0L, 0);
        for (var seed = FirstSeed; seed < FirstSeed + Schedules; seed++)
        {
            using var simulation = new VisitSimulation(seed, losesPower: true);
            var broken = await simulation.RunAsync();
            Assert.True(broken is null, $"TERSE_SCHEDULES=1 TERSE_SEED={seed}: {broken}");
            recorded += simulation.Recorded;
            lost += simulation.Uncounted;
            losses += simulation.PowerLosses;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{Schedules} seeds from {FirstSeed} on: {recorded} visits, {losses} power losses lost {lost}");
        Assert.InRange(losses, Schedules, int.MaxValue);
        Assert.InRange(lost, 0, recorded / 2);
    }

    [Fact]
    public async Task If_batches_are_sent_before_the_disk_stores_them_the_simulation_finds_double_counts()
    {
        string? broken = null;
        for (var seed = 1; seed < 100 && broken is null; seed++)
        {
            using var simulation = new VisitSimulation(seed, losesPower: true, forgetsBatches: true);
            broken = await simulation.RunAsync();
        }

        Assert.Contains("counted 2 times", broken, StringComparison.Ordinal);
    }
}
