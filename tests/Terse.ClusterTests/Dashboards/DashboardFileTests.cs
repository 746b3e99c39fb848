using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>Tests of the dashboards for Grafana, without a running server.</summary>
public sealed partial class DashboardFileTests
{
    private const int Columns = 24;

    private static readonly string[] CoreTypes = ["timeseries", "stat", "table", "gauge", "bargauge"];
    private static readonly string[] Roles = ["service", "databases", "server", "link"];

    [Fact]
    public void There_is_a_dashboard_for_the_service_for_hosts_for_a_server_and_for_a_link() =>
        Assert.Equal(
            Roles.Select(role => $"terse-{role}").Order(StringComparer.Ordinal),
            DashboardPanel.Dashboards.Select(dashboard => dashboard.GetProperty("uid").GetString())
                .Order(StringComparer.Ordinal));

    [Fact]
    public void All_panels_of_a_dashboard_have_ids_titles_and_places_of_their_own()
    {
        foreach (var dashboard in DashboardPanel.Dashboards)
        {
            var panels = dashboard.GetProperty("panels").EnumerateArray().ToList();
            Assert.Distinct(panels.Select(panel => panel.GetProperty("id").GetInt32()));
            Assert.Distinct(panels.Select(panel => panel.GetProperty("title").GetString()));
            Assert.Distinct(panels.SelectMany(CellsOf));
            Assert.All(panels.SelectMany(CellsOf), cell => Assert.InRange(cell.Column, 0, Columns - 1));
        }
    }

    [Fact]
    public void Every_panel_is_complete_and_asks_the_data_source_that_the_dashboard_offers() =>
        Assert.All(DashboardPanel.All, panel =>
        {
            Assert.Contains(panel.Json.GetProperty("type").GetString(), CoreTypes);
            Assert.Matches(@"^[A-Z].{20,}\.$", panel.Description);
            Assert.NotEmpty(panel.Defaults.GetProperty("unit").GetString()!);
            Assert.NotEmpty(panel.Queries);
            var variable = Assert.Single(VariablesOf(panel), variable => IsDataSource(variable, panel));
            Assert.Equal(
                $"${{{variable.GetProperty("name").GetString()}}}",
                panel.Json.GetProperty("datasource").GetProperty("uid").GetString());
        });

    [Fact]
    public void A_query_uses_no_constant_instead_of_a_missing_series_and_only_known_variables() =>
        Assert.All(DashboardPanel.All, panel =>
        {
            var known = VariablesOf(panel).Select(variable => variable.GetProperty("name").GetString()!);
            Assert.All(panel.Queries, query =>
            {
                Assert.DoesNotMatch(@"\bor\b|\b(vector|absent|scalar)\b|\bon\s*\(\s*\)", query);
                Assert.Subset(
                    known.ToHashSet(),
                    Variable.Matches(query).Select(match => match.Groups["name"].Value).ToHashSet());
            });
        });

    [Fact]
    public void Every_metric_of_a_panel_is_documented_or_recorded()
    {
        var recorded = Recorded.Matches(TextOf("deploy/prometheus/recording.rules.yml"))
            .Select(match => match.Groups["name"].Value);
        var instruments = Instrument.Matches(TextOf("docs/metrics.md"))
            .Select(match => match.Groups["name"].Value.Replace('.', '_'));
        string[] known = [.. recorded, .. instruments, "up"];

        var metrics = DashboardPanel.All.Where(panel => panel.DataSource == "prometheus")
            .SelectMany(panel => panel.Queries)
            .SelectMany(query => Metric.Matches(query))
            .Select(match => match.Groups["name"].Value)
            .ToHashSet(StringComparer.Ordinal);

        Assert.True(metrics.Count > 20);
        Assert.DoesNotContain(
            metrics, metric => !known.Contains(metric) && !known.Contains(NameOf(metric)));
    }

    /// <summary>
    /// A panel names the alerts that have its thresholds. Grafana changes the color at a threshold, and an
    /// alert fires beyond it. So the threshold of a whole number may be the next number.
    /// </summary>
    [Fact]
    public void The_thresholds_of_a_panel_are_those_of_the_alerts_that_it_names()
    {
        var rules = TextOf("deploy/prometheus/alerts.rules.yml")
            + TextOf("deploy/prometheus/alerts.database.rules.yml");
        Assert.All(DashboardPanel.All.Where(panel => panel.DataSource == "prometheus"), panel =>
        {
            var alerts = Alert.Matches(panel.Description).Select(match => match.Value).ToList();
            Assert.All(
                alerts, name => Assert.Contains($"- alert: {name}\n", rules, StringComparison.Ordinal));
            var limits = alerts.SelectMany(name => LimitsOf(rules, name)).ToList();
            var isWhole = panel.Defaults.GetProperty("unit").GetString() == "none";
            Assert.All(panel.Thresholds, threshold => Assert.True(
                limits.Contains(threshold) || (isWhole && limits.Contains(threshold - 1)),
                $"{panel}: no alert has the limit {threshold}."));
        });
    }

    [Fact]
    public void The_variables_of_the_provisioned_data_sources_are_documented()
    {
        var variables = Environment.Matches(TextOf("deploy/grafana/provisioning/datasources/terse.yml"))
            .Select(match => match.Groups["name"].Value).ToList();
        var document = TextOf("docs/operating/dashboards.md");

        Assert.Equal(5, variables.Count);
        Assert.All(
            variables, name => Assert.Contains($"| `{name}` |", document, StringComparison.Ordinal));
    }

    private static List<JsonElement> VariablesOf(DashboardPanel panel) =>
    [
        .. DashboardPanel.Dashboards
            .Single(dashboard => dashboard.GetProperty("uid").GetString() == panel.Dashboard)
            .GetProperty("templating").GetProperty("list").EnumerateArray(),
    ];

    private static bool IsDataSource(JsonElement variable, DashboardPanel panel) =>
        variable.GetProperty("type").GetString() == "datasource"
        && variable.GetProperty("query").GetString() == panel.DataSource;

    private static IEnumerable<(int Column, int Row)> CellsOf(JsonElement panel)
    {
        var place = panel.GetProperty("gridPos");
        return
            from column in Enumerable.Range(
                place.GetProperty("x").GetInt32(), place.GetProperty("w").GetInt32())
            from row in Enumerable.Range(place.GetProperty("y").GetInt32(), place.GetProperty("h").GetInt32())
            select (column, row);
    }

    private static string TextOf(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    /// <summary>Prometheus appends the unit and a suffix for the kind to the name of an instrument.</summary>
    private static string NameOf(string metric) => Suffix.Replace(metric, "");

    /// <summary>
    /// Returns the numbers in an alert, and the products of numbers such as <c>7 * 86400</c>.
    /// </summary>
    private static IEnumerable<double> LimitsOf(string rules, string alert)
    {
        var rule = rules[rules.IndexOf($"- alert: {alert}\n", StringComparison.Ordinal)..];
        rule = rule[..rule.IndexOf("annotations:", StringComparison.Ordinal)];
        foreach (var product in Product.Matches(rule).Select(match => match.Value))
        {
            double[] factors =
                [.. product.Split('*').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
            yield return factors.Aggregate((one, other) => one * other);
            yield return factors[0];
        }
    }

    private const RegexOptions Options = RegexOptions.ExplicitCapture;

    // A variable of the dashboard. The variables of Grafana begin with two underscores.
    [GeneratedRegex(@"\$\{?(?!__)(?<name>\w+)", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable { get; }

    // Every series in a dashboard has matchers.
    [GeneratedRegex(@"(?<name>[a-z][\w:]*)\{", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Metric { get; }

    [GeneratedRegex(@"- record: (?<name>\S+)", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Recorded { get; }

    [GeneratedRegex(@"`(?<name>[a-z]\w*(\.\w+)+)`", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Instrument { get; }

    [GeneratedRegex("(_seconds|_bytes)?(_total|_bucket)?$", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Suffix { get; }

    [GeneratedRegex(@"\$\{(?<name>TERSE_\w+)\}", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Environment { get; }

    [GeneratedRegex(@"\bTerse[A-Z]\w+", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Alert { get; }

    [GeneratedRegex(
        @"(?<![\w.])[0-9][0-9.]*( \* [0-9][0-9.]*)*(?!\w)", Options, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Product { get; }
}
