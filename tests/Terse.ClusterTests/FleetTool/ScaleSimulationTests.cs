using Terse.FleetTool;

namespace Terse.ClusterTests;

/// <summary>
/// Runs the policy over curves of load, second by second. The load is the processor time that all servers
/// need together, in percent of one processor. It is measured with an error of up to 5 %.
/// </summary>
public sealed class ScaleSimulationTests
{
    private const int Zones = 2;
    private const int Seconds = 4 * 3600;

    private static readonly ScalePolicy Policy =
        new ScalePolicy(Min: 1, Max: 5, Cpu: 60, TimeSpan.FromSeconds(60)).WithZones(Zones);

    public static TheoryData<string, int> Curves => new()
    {
        // The greatest number of changes that the curve needs.
        { "idle", 0 },
        { "constant", 2 },
        { "step", 5 }, // Two up: servers that are fully busy do not show how much more load there is.
        { "ramp", 6 },
        { "day", 6 },
        { "spike", 6 },
        { "overload", 1 },
    };

    [Theory]
    [MemberData(nameof(Curves))]
    public void The_number_of_servers_follows_the_load_without_flapping(string curve, int changes)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var servers = Simulate(curve, new Random(seed));
            var changed = servers.Zip(servers.Skip(1)).Count(pair => pair.First != pair.Second);

            Assert.InRange(servers.Min(), Zones, Policy.Max);
            Assert.InRange(servers.Max(), Zones, Policy.Max);
            Assert.True(changed <= changes, $"{curve}, seed {seed}: {changed} changes");
        }
    }

    [Fact]
    public void Servers_are_added_soon_after_the_load_has_grown()
    {
        var servers = Simulate("step", new Random(1));

        Assert.Equal(2, servers[(Seconds / 4) - 1]);
        Assert.Equal(5, servers[(Seconds / 4) + 120]);
    }

    private static List<int> Simulate(string curve, Random random)
    {
        var servers = Zones;
        var history = ScaleHistory.Start;
        var numbers = new List<int>();
        for (var second = 0; second < Seconds; second += 5)
        {
            var error = 1 + ((random.NextDouble() - 0.5) * 0.1);
            var cpu = Math.Min(100, LoadAt(curve, second) / servers * error);
            (servers, history) = Policy.Decide(history, TimeSpan.FromSeconds(second), servers, cpu);
            numbers.AddRange(Enumerable.Repeat(servers, 5));
        }

        return numbers;
    }

    private static double LoadAt(string curve, int second)
    {
        var share = (double)second / Seconds;
        return curve switch
        {
            "idle" => 2,
            "constant" => 200,
            "step" => share is < 0.25 or > 0.75 ? 100 : 260,
            "ramp" => 40 + (240 * (share < 0.5 ? 2 * share : 2 - (2 * share))),
            "day" => 150 - (110 * Math.Cos(2 * Math.PI * share)),
            "spike" => second % (Seconds / 2) is > 3600 and < 3660 ? 300 : 60,
            "overload" => 1000,
            _ => throw new ArgumentOutOfRangeException(nameof(curve)),
        };
    }
}
