using System.Globalization;
using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>
/// Copies the rules of <c>deploy/prometheus</c> for a test that cannot wait for minutes and hours: every
/// duration (<c>for</c>, <c>interval</c>, ranges, offsets) is divided by one factor. Everything else stays as
/// it is shipped, the thresholds included.
/// </summary>
internal sealed partial class TimeLapse(double factor)
{
    /// <summary>
    /// How often Prometheus scrapes and evaluates in the tests: the 15 s of the example, divided by 60.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// No duration becomes shorter, so that a range always has several samples, as the shortest range of the
    /// shipped rules has.
    /// </summary>
    public static readonly TimeSpan Shortest = Interval * 4;

    public static string[] Shipped { get; } =
        Directory.GetFiles(Path.Combine(Repository.Root, "deploy/prometheus"), "*.rules.yml");

    /// <summary>Writes a copy of each file with rules to a folder, and returns the paths.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="thresholds">
    /// Parts of expressions that are replaced. Each must occur once, so that a changed rule is noticed.
    /// </param>
    public async Task<IReadOnlyList<string>> WriteAsync(
        string folder, params IReadOnlyList<(string Shipped, string Replaced)> thresholds)
    {
        var missing = thresholds.ToList();
        var copies = new List<string>();
        foreach (var file in Shipped)
        {
            var text = Rewrite(await File.ReadAllTextAsync(file));
            foreach (var threshold in thresholds.Where(part => CountOf(part.Shipped, text) == 1))
            {
                text = text.Replace(threshold.Shipped, threshold.Replaced, StringComparison.Ordinal);
                missing.Remove(threshold);
            }

            var copy = Path.Combine(folder, Path.GetFileName(file));
            await File.WriteAllTextAsync(copy, text);
            copies.Add(copy);
        }

        Assert.Empty(missing);
        return copies;
    }

    /// <summary>Divides all durations of the rules in a file.</summary>
    public string Rewrite(string rules) => Duration.Replace(rules, match =>
    {
        var time = TimeOf(match.Value) / factor;
        var milliseconds = Math.Round((time < Shortest ? Shortest : time).TotalMilliseconds);
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms");
    });

    private static TimeSpan TimeOf(string duration)
    {
        var time = TimeSpan.Zero;
        foreach (Match part in Part.Matches(duration))
        {
            var count = long.Parse(part.Groups["count"].Value, CultureInfo.InvariantCulture);
            time += part.Groups["unit"].Value switch
            {
                "s" => TimeSpan.FromSeconds(count),
                "m" => TimeSpan.FromMinutes(count),
                "h" => TimeSpan.FromHours(count),
                _ => TimeSpan.FromDays(count),
            };
        }

        return time;
    }

    private static int CountOf(string part, string text) =>
        text.Split(part, StringSplitOptions.None).Length - 1;

    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.Multiline;

    /// <summary>A duration at a place where the rules have one.</summary>
    [GeneratedRegex(
        @"(?<=^ *(for|interval|keep_firing_for): |\[|\boffset )([0-9]+[smhd])+\b",
        Options,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Duration { get; }

    [GeneratedRegex("(?<count>[0-9]+)(?<unit>[smhd])", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Part { get; }
}
