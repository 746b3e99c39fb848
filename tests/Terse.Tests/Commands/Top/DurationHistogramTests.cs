using Terse.Commands;

namespace Terse.Tests.Commands;

public sealed class DurationHistogramTests
{
    private static readonly string[] Bounds = ["0.01", "0.1", "1", "+Inf"];

    [Theory]
    [InlineData("0 0 0 0", 0.5, null)]
    [InlineData("10 10 10 10", 0.5, 0.005)]
    [InlineData("0 10 10 10", 0.5, 0.055)]
    [InlineData("98 98 100 100", 0.99, 0.55)]
    [InlineData("50 100 100 100", 0.5, 0.01)]
    [InlineData("0 0 0 10", 0.5, 1.0)]
    [InlineData("0 0 10 20", 0.99, 1.0)]
    public void A_quantile_is_interpolated_inside_its_bucket(string counts, double share, double? expected)
    {
        var histogram = DurationHistogram.Between(Read("0 0 0 0"), Read(counts), "took");

        Assert.Equal(expected, Round(histogram.Quantile(share)));
    }

    [Fact]
    public void Only_the_requests_between_the_scrapes_count()
    {
        var histogram = DurationHistogram.Between(Read("90 90 90 90"), Read("90 90 100 100"), "took");

        Assert.Equal(0.55, Round(histogram.Quantile(0.5)));
    }

    [Fact]
    public void Series_and_servers_are_added()
    {
        var first = DurationHistogram.Between(
            Read("0 0 0 0"), new Scrape(TextOf("10 10 10 10", "a") + TextOf("0 10 10 10", "b"), 0), "took");
        first.Add(DurationHistogram.Between(Read("0 0 0 0"), Read("0 0 20 20"), "took"));

        Assert.Equal(0.1, Round(first.Quantile(0.5)));
        Assert.Equal(0.01, Round(first.Quantile(0.25)));
    }

    private static double? Round(double? number) => number is { } known ? Math.Round(known, 6) : null;

    private static Scrape Read(string counts) => new(TextOf(counts, "a"), 0);

    private static string TextOf(string counts, string route) => string.Concat(counts.Split(' ').Select(
        (count, index) => $"took_bucket{{route=\"{route}\",le=\"{Bounds[index]}\"}} {count}\n"));
}
