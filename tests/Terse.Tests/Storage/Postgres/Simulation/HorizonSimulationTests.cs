using Terse.Harness;

namespace Terse.Tests.Storage;

/// <summary>
/// TERSE_SCHEDULES says how many schedules are run, one for 40 of that number; TERSE_SEED which is the first.
/// A failure names its seed, and TERSE_SCHEDULES=1 with that seed runs it again.
/// </summary>
public sealed class HorizonSimulationTests(ITestOutputHelper output)
{
    private static readonly int Schedules = Math.Max(1, TestVariable.Read("TERSE_SCHEDULES", 1_000_000) / 40);
    private static readonly int FirstSeed = TestVariable.Read("TERSE_SEED", 1);

    [Fact]
    public async Task No_schedule_ends_in_a_false_not_found_a_wrong_or_older_target_or_a_lookup_that_hangs()
    {
        var begin = TimeProvider.System.GetTimestamp();
        var (broken, answers) = await Task.Run(() => FindBroken(Schedules, HorizonSabotage.None));
        var seconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;

        output.WriteLine(
            $"TERSE_SEED={FirstSeed}: {Schedules} schedules in {seconds:0.0} s, "
            + $"{Schedules / seconds:0} a second; "
            + $"{answers.Found} found, {answers.NotFound} not found, {answers.Unavailable} answered 503");
        Assert.True(broken is null, broken);
        Assert.InRange(answers.Found, Schedules, long.MaxValue);
        Assert.InRange(answers.NotFound, Schedules, long.MaxValue);
    }

    [Theory]
    [InlineData(HorizonSabotage.NoGuard, "not found")]
    [InlineData(HorizonSabotage.NoLock, "not found")]
    [InlineData(HorizonSabotage.TwoStatements, "not found")]
    [InlineData(HorizonSabotage.NoTimeline, "not found")]
    [InlineData(HorizonSabotage.NoLock, "told of")]
    [InlineData(HorizonSabotage.NoPending, "told of")]
    public async Task Without_one_of_its_parts_the_simulation_finds_a_false_answer(
        HorizonSabotage sabotage, string falsely)
    {
        var (broken, _) = await Task.Run(() => FindBroken(20_000, sabotage, falsely));

        output.WriteLine($"{sabotage}: {broken}");
        Assert.NotNull(broken);
        Assert.EndsWith(falsely, broken, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_gives_the_same_schedule_whenever_it_runs()
    {
        var once = await Task.Run(() => RunAll(1500));
        var again = await Task.Run(() => RunAll(1500));

        Assert.Equal(once, again);
    }

    private static string[] RunAll(int schedules)
    {
        var ends = new string[schedules];
        Parallel.For(0, schedules, index =>
        {
            var simulation = new HorizonSimulation(FirstSeed + index, HorizonSabotage.TwoStatements);
            var reason = simulation.Run();
            ends[index] = $"TERSE_SEED={FirstSeed + index}: {reason ?? "all held"}, {simulation.Answers}";
        });
        return ends;
    }

    /// <summary>On threads of the pool, where no context takes continuations elsewhere.</summary>
    /// <param name="schedules">How many schedules at most.</param>
    /// <param name="sabotage">What is taken out.</param>
    /// <param name="falsely">How the reason ends that is looked for; by default any is.</param>
    private static (string? Broken, Answers Answers) FindBroken(
        int schedules, HorizonSabotage sabotage, string falsely = "")
    {
        (int Seed, string? Reason) broken = (int.MaxValue, null);
        var sum = new Answers(0, 0, 0);
        var adding = new Lock();
        Parallel.For(FirstSeed, FirstSeed + schedules, (seed, loop) =>
        {
            var simulation = new HorizonSimulation(seed, sabotage);
            var reason = simulation.Run();
            lock (adding)
            {
                sum += simulation.Answers;
                if (reason?.EndsWith(falsely, StringComparison.Ordinal) != true)
                    return;
                if (seed < broken.Seed)
                    broken = (seed, $"TERSE_SCHEDULES=1 TERSE_SEED={seed}: {reason}");
            }

            loop.Break(); // Those before it are run to their end, so that the first is named.
        });
        return (broken.Reason, sum);
    }
}
