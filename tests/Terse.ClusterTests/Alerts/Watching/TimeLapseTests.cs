using System.Text.RegularExpressions;

namespace Terse.ClusterTests;

public sealed partial class TimeLapseTests
{
    private static readonly TimeLapse Minutes = new(factor: 60);

    [Theory]
    [InlineData("        for: 5m\n", "        for: 5000ms\n")]
    [InlineData("    interval: 2m\n", "    interval: 2000ms\n")]
    [InlineData("expr: a[15m] offset 1h30m > 2", "expr: a[15000ms] offset 90000ms > 2")]
    [InlineData("expr: rate(a_5m[1d]) > 4 * 3600", "expr: rate(a_5m[1440000ms]) > 4 * 3600")]
    [InlineData("        for: 30s\n", "        for: 1000ms\n")]
    [InlineData("summary: for: 5m, offset by 5m", "summary: for: 5m, offset by 5m")]
    public void Only_durations_are_divided_and_none_becomes_shorter_than_a_second(
        string rules, string expected) =>
        Assert.Equal(expected, Minutes.Rewrite(rules));

    [Fact]
    public void No_duration_of_the_shipped_rules_is_left()
    {
        var rewritten = TimeLapse.Shipped.Select(File.ReadAllText).Select(Minutes.Rewrite).ToList();

        Assert.NotEmpty(rewritten);
        Assert.All(rewritten, rules => Assert.Matches(Rewritten, rules));
        Assert.All(rewritten, rules => Assert.DoesNotMatch(Left, rules));
    }

    /// <summary>A duration that ends with another unit than milliseconds.</summary>
    [GeneratedRegex(
        @"^ *(for|interval): .*[smhd]$(?<!\dms)|\[[^\]]*[smhd]\](?<!\dms\])|\boffset [0-9]+[smhd]\b",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Left { get; }

    [GeneratedRegex(@"\d+ms", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rewritten { get; }
}
