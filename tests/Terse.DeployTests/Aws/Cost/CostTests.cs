using Terse.Aws.Cost;
using Terse.Aws.Settings;
using Terse.Harness;

namespace Terse.DeployTests;

public sealed class CostTests
{
    private static readonly PriceList Prices = PriceList.Read();

    [Fact]
    public void The_readme_has_the_table_that_the_prices_give() => Assert.Contains(
        CostTable.Write(Prices),
        File.ReadAllText(Path.Combine(Repository.Root, "deploy/aws/README.md")),
        StringComparison.Ordinal);

    [Theory]
    [ClassData(typeof(SizeData))]
    public void Each_part_of_each_size_has_a_price(string size) =>
        Assert.All(CostEstimate.Of(SizeData.Find(size), Prices), line => Assert.True(line.Monthly > 0));

    [Fact]
    public void The_databases_of_a_small_installation_cost_what_a_calculation_by_hand_gives()
    {
        // Primary, standby and one replica: 3 × 0.065 × 730; 3 × 50 GB × 0.115; one secret.
        var databases = CostEstimate.Of(FleetSizes.Small, Prices).Where(line => line.Part == "databases");
        Assert.Equal(3 * 0.065m * 730 + 3 * 50 * 0.115m + 0.4m, databases.Sum(line => line.Monthly));
    }

    [Fact]
    public void A_changed_price_changes_the_estimate()
    {
        var dearer = Prices with
        {
            PerHour = new(Prices.PerHour, StringComparer.Ordinal) { ["t4g.small"] = 1 },
        };
        var line = CostEstimate.Of(FleetSizes.Small, dearer)[0];
        Assert.Equal(("t4g.small", 2 * 730m), (line.Item, line.Monthly));
    }

    [Fact]
    public void A_missing_price_is_named() => Assert.Contains(
        "db.x1",
        Assert.Throws<KeyNotFoundException>(() => Prices.Of("db.x1")).Message,
        StringComparison.Ordinal);
}
