using System.Text.Json;
using Terse.Codes;
using Terse.Hosting;

namespace Terse.Tests.Codes;

public sealed class CodePlanTests
{
    [Theory]
    [InlineData(1, 1, 1, 4)]
    [InlineData(64, 5000, 7, 4)]
    [InlineData(25, 5000, 5, 4)]
    [InlineData(26, 5000, 6, 4)]
    [InlineData(1, 12_800, 1, 7)]
    [InlineData(1, 12_801, 1, 8)]
    [InlineData(8, 100_000, 4, 9)]
    [InlineData(1000, 1, 11, 4)]
    public void A_plan_has_as_few_bits_as_the_servers_and_the_load_need(
        int servers, double rate, int node, int sequence)
    {
        var plan = new CodePlan(servers, rate, Years: 10);

        Assert.Equal((node, sequence), (plan.NodeBits, plan.SequenceBits));
        Assert.True(plan.IdsPerSecondAndServer * Math.Max(1, servers / 4) >= rate);
    }

    [Fact]
    public void Planned_lengths_equal_the_lengths_of_real_codes()
    {
        var plan = new CodePlan(Servers: 25, Rate: 10_000, Years: 100);
        var lengths = plan.Strategies().First().Lengths;
        var (tick, epoch) = (TimeSpan.FromMilliseconds(10), DateTimeOffset.UnixEpoch);
        var ids = new TsidLayout("planned", tick, epoch, plan.NodeBits, plan.SequenceBits);

        Assert.Equal([6, 7, 8, 9], lengths.Select(length => length.Characters).Take(4));
        foreach (var (length, next) in lengths.Zip(lengths.Skip(1)))
        {
            var change = ids.TickAt(DateTimeOffset.UnixEpoch.AddDays(next.FromYear * 365.25));
            Assert.Equal(length.Characters, ids.Compose(change - 10, 0, 0).ToString().Length);
            Assert.Equal(next.Characters, ids.Compose(change + 10, 0, 0).ToString().Length);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(64, 5000)]
    [InlineData(1024, 1_000_000)]
    public async Task The_settings_of_a_plan_are_valid(int servers, double rate)
    {
        foreach (var strategy in new CodePlan(servers, rate, Years: 10).Strategies())
        {
            using var settings = JsonDocument.Parse(strategy.Settings);
            var pairs =
                from section in settings.RootElement.EnumerateObject()
                from setting in section.Value.EnumerateObject()
                let value = setting.Value.ToString()
                select KeyValuePair.Create(
                    $"{section.Name}:{setting.Name}", (string?)(value == "…" ? new string('s', 32) : value));
            await using var app = Program.BuildServer(pairs);

            Assert.Empty(SettingsErrors.Find(app.Services));
        }
    }

    [Fact]
    public void Guessing_a_random_code_takes_as_many_tries_as_there_are_codes_per_link()
    {
        var random = new CodePlan(Servers: 1, Rate: 1, Years: 1).Strategies().Last();

        Assert.Equal(48 * Math.Pow(56, 7) / 1e6, random.GuessesAtMillion);
        Assert.Equal(random.GuessesAtMillion, random.GuessesAtHundredMillion * 100, tolerance: 1);
    }
}
