using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>
/// Tests of the rules for Prometheus in <c>deploy/prometheus</c>. The command promtool checks the rules and
/// runs their unit tests. The other tests compare the rules with these unit tests and with the documents.
/// </summary>
public sealed partial class AlertRulesTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy/prometheus");
    private static readonly string[] RuleFiles = Directory.GetFiles(Folder, "*.rules.yml");
    private static readonly string[] TestFiles = Directory.GetFiles(Folder, "*.test.yml");

    /// <summary>Words of PromQL that no parenthesis follows.</summary>
    private static readonly string[] Keywords = ["and", "or", "unless", "bool"];

    private static readonly List<Rule> Rules = [.. RuleFiles.SelectMany(ReadRules)];
    private static readonly List<Rule> Alerts = [.. Rules.Where(rule => rule.IsAlert)];

    [Fact]
    public async Task Promtool_accepts_all_rules_and_the_example_configuration()
    {
        AssertSuccess(await Command.RunAsync("promtool", ["check", "rules", .. RuleFiles]));
        AssertSuccess(
            await Command.RunAsync("promtool", ["check", "config", Path.Combine(Folder, "prometheus.yml")]));
    }

    [Fact]
    public async Task The_unit_tests_of_the_rules_pass() =>
        AssertSuccess(await Command.RunAsync("promtool", ["test", "rules", .. TestFiles]));

    [Fact]
    public async Task The_example_configuration_loads_every_file_with_rules()
    {
        var configuration = await File.ReadAllTextAsync(Path.Combine(Folder, "prometheus.yml"));

        Assert.NotEmpty(RuleFiles);
        Assert.All(
            RuleFiles.Select(Path.GetFileName),
            file => Assert.Contains($"- {file}\n", configuration, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_alert_has_a_unit_test_in_which_it_fires() =>
        Assert.Equal(NamesOf(Alerts), TestedAlerts(fires: true));

    [Fact]
    public void Every_alert_has_a_unit_test_in_which_it_does_not_fire() =>
        Assert.Equal(NamesOf(Alerts), TestedAlerts(fires: false));

    [Fact]
    public void Every_alert_has_a_known_severity() =>
        Assert.All(Alerts, alert => Assert.Matches("^(page|ticket)$", alert.Severity));

    [Fact]
    public void The_runbook_of_every_alert_exists()
    {
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs/operating/alerts.md"));
        var anchors = Heading.Matches(document)
            .Select(heading => heading.Groups["text"].Value.ToLowerInvariant())
            .ToList();

        Assert.All(Alerts, alert => Assert.Contains(alert.Anchor, anchors));
        Assert.All(Alerts, alert => Assert.Contains(alert.Name, document, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_metric_that_a_rule_names_is_documented()
    {
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs/metrics.md"));
        var instruments = Instrument.Matches(document)
            .Select(span => span.Groups["name"].Value.Replace('.', '_'))
            .ToHashSet(StringComparer.Ordinal);
        var metrics = SeriesOfRules().Where(series => !IsRecorded(series)).ToList();

        Assert.NotEmpty(metrics);
        Assert.DoesNotContain(metrics, metric => !InstrumentNames(metric).Any(instruments.Contains));
    }

    [Fact]
    public void Every_recorded_series_that_a_rule_names_is_recorded()
    {
        var recorded = NamesOf(Rules.Where(rule => !rule.IsAlert));

        Assert.Empty(SeriesOfRules().Where(IsRecorded).Except(recorded, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""sum by (job) (rate(a_total{b="c", d=~"e|f"}[5m])) > 2 and on (g) h == 1""", "a_total h")]
    [InlineData("x:y:sum unless on (job, a) b offset 15m\n or 0 * max(c) >= 1e3", "x:y:sum b c")]
    [InlineData("absent(a{b=\"c\"} == 1) or avg_over_time(d:e[5m])\n/ (f > 0)", "a d:e f")]
    public void The_series_of_an_expression_are_found(string expression, string series) =>
        Assert.Equal(series, string.Join(' ', SeriesIn(expression)));

    private static void AssertSuccess(CommandResult result) =>
        Assert.True(result.ExitCode == 0, result.Output + result.Errors);

    private static List<Rule> ReadRules(string file) =>
    [
        .. from block in RuleBlock.Matches(File.ReadAllText(file))
           let body = block.Groups["body"].Value
           select new Rule(
               block.Groups["name"].Value,
               block.Groups["kind"].Value == "alert",
               Expression.Match(body).Groups["text"].Value,
               Severity.Match(body).Groups["text"].Value,
               Runbook.Match(body).Groups["anchor"].Value),
    ];

    private static List<string> NamesOf(IEnumerable<Rule> rules) =>
        [.. rules.Select(rule => rule.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Returns the alerts that fire, or do not fire, at some time in a unit test.</summary>
    private static List<string> TestedAlerts(bool fires)
    {
        var names =
            from file in TestFiles
            from check in AlertCheck.Matches(File.ReadAllText(file))
            where check.Groups["none"].Success != fires
            select check.Groups["name"].Value;
        return [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// Returns the series that the rules read. The series <c>up</c> is left out, because Prometheus itself
    /// writes it.
    /// </summary>
    private static IEnumerable<string> SeriesOfRules() =>
        Rules.SelectMany(rule => SeriesIn(rule.Expression)).Where(name => name is not "up").Distinct();

    private static IEnumerable<string> SeriesIn(string expression) =>
        from word in Word.Matches(NoSeries.Replace(expression, " "))
        where !Keywords.Contains(word.Value)
        select word.Value;

    /// <summary>The name of a recorded series contains a colon. The name of a metric contains none.</summary>
    private static bool IsRecorded(string series) => series.Contains(':', StringComparison.Ordinal);

    /// <summary>
    /// Returns the names that the instrument of a metric may have, with underscores in place of dots.
    /// Prometheus appends the unit to the name, and then a suffix for the kind of the instrument.
    /// </summary>
    private static string[] InstrumentNames(string metric)
    {
        var withUnit = KindSuffix.Replace(metric, "");
        return [metric, withUnit, UnitSuffix.Replace(metric, ""), UnitSuffix.Replace(withUnit, "")];
    }

    private sealed record Rule(string Name, bool IsAlert, string Expression, string Severity, string Anchor);

    private const RegexOptions Options = RegexOptions.ExplicitCapture | RegexOptions.Multiline;

    // A rule ends before the next rule or group.
    [GeneratedRegex(
        @"^ *- (?<kind>alert|record): (?<name>\S+)\n(?<body>((?! *- (alert|record|name): ).*\n)*)",
        Options,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex RuleBlock { get; }

    // An expression of several lines is indented further than its name.
    [GeneratedRegex(@"^ {8}expr: (?<text>.*\n( {9,}.*\n)*)", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Expression { get; }

    [GeneratedRegex(@"^ *severity: (?<text>\S+)$", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Severity { get; }

    [GeneratedRegex(
        @"^ *runbook: docs/operating/alerts\.md#(?<anchor>\S+)$", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Runbook { get; }

    [GeneratedRegex(
        @"^ *alertname: (?<name>\S+)\n *exp_alerts:(?<none> \[\])?$",
        Options,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex AlertCheck { get; }

    [GeneratedRegex(@"^#+ (?<text>\S+)$", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading { get; }

    // The name of an instrument in inline code, such as `terse.visits.lost`.
    [GeneratedRegex(@"`(?<name>[a-z]\w*(\.\w+)+)`", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Instrument { get; }

    // Matchers, ranges, offsets, and lists of labels.
    [GeneratedRegex(
        @"\{[^}]*\}|\[[^\]]*\]|\boffset\s+\w+|\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)",
        Options,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoSeries { get; }

    // A word before a parenthesis is a function or an operator.
    [GeneratedRegex(
        @"(?<![\w:])[A-Za-z_:][\w:]*(?![\w:]|\s*\()", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word { get; }

    [GeneratedRegex("_(total|count|sum|bucket)$", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KindSuffix { get; }

    [GeneratedRegex("_(seconds|bytes|ratio)$", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnitSuffix { get; }
}
