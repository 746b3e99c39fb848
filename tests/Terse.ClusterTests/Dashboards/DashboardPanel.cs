using System.Text.Json;
using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>A panel of a dashboard in <c>deploy/grafana/dashboards</c>, and its queries.</summary>
/// <param name="Dashboard">The uid of the dashboard.</param>
/// <param name="Title">The title, which no other panel of the dashboard has.</param>
/// <param name="Json">The panel as Grafana reads it.</param>
internal sealed record DashboardPanel(string Dashboard, string Title, JsonElement Json)
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy/grafana/dashboards");

    /// <summary>All dashboards, as Grafana reads them.</summary>
    public static IReadOnlyList<JsonElement> Dashboards { get; } =
    [
        .. from file in Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal)
           select JsonDocument.Parse(File.ReadAllText(file)).RootElement,
    ];

    /// <summary>The panels of all dashboards.</summary>
    public static IReadOnlyList<DashboardPanel> All { get; } =
    [
        .. from dashboard in Dashboards
           from panel in dashboard.GetProperty("panels").EnumerateArray()
           select new DashboardPanel(
               dashboard.GetProperty("uid").GetString()!, panel.GetProperty("title").GetString()!, panel),
    ];

    public string Description => Json.GetProperty("description").GetString()!;

    /// <summary>The type of the data source, for instance <c>prometheus</c>.</summary>
    public string DataSource => Json.GetProperty("datasource").GetProperty("type").GetString()!;

    public JsonElement Defaults => Json.GetProperty("fieldConfig").GetProperty("defaults");

    /// <summary>The expressions in PromQL, or the statements in SQL.</summary>
    public IReadOnlyList<string> Queries =>
    [
        .. from target in Json.GetProperty("targets").EnumerateArray()
           select target.GetProperty(DataSource == "prometheus" ? "expr" : "rawSql").GetString()!,
    ];

    /// <summary>The limits at which the color changes. The first color has no limit.</summary>
    public IReadOnlyList<double> Thresholds => Defaults.TryGetProperty("thresholds", out var thresholds)
        ?
        [
            .. from step in thresholds.GetProperty("steps").EnumerateArray().Skip(1)
               select step.GetProperty("value").GetDouble(),
        ]
        : [];

    public override string ToString() => $"{Dashboard}: {Title}";
}
