using Terse.Harness;

namespace Terse.ClusterTests;

/// <summary>The series of a query of a panel at one time.</summary>
/// <param name="Samples">The series that have a number.</param>
internal sealed record QueryResult(IReadOnlyList<PrometheusSample> Samples)
{
    /// <summary>
    /// What Grafana puts in place of <c>$__rate_interval</c>: at least four times the interval of scrapes,
    /// which is a second in the tests.
    /// </summary>
    private const string RateInterval = "4s";

    public double Highest => Samples.Select(sample => sample.Value).DefaultIfEmpty(0).Max();

    public double Lowest => Samples.Select(sample => sample.Value).DefaultIfEmpty(0).Min();

    /// <summary>The labels of each series, as a text.</summary>
    public IEnumerable<string> Series => Samples.Select(sample => string.Join(
        ',', sample.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => $"{label.Key}={label.Value}")));

    /// <summary>Returns the series that have a label with this value; all if the value is null.</summary>
    public QueryResult Of(string? label) =>
        label is null ? this : new([.. Samples.Where(sample => sample.Labels.Values.Contains(label))]);

    /// <summary>Runs a query as Grafana does.</summary>
    /// <param name="prometheus">The Prometheus that runs the query.</param>
    /// <param name="query">The query, with variables of Grafana.</param>
    /// <param name="instance">The value of the variable <c>$instance</c>.</param>
    public static async Task<QueryResult> ReadAsync(
        PrometheusServer prometheus, string query, string instance)
    {
        var samples = await prometheus.QueryAsync(query
            .Replace("$__rate_interval", RateInterval, StringComparison.Ordinal)
            .Replace("$instance", instance, StringComparison.Ordinal));
        return new([.. samples.Where(sample => !double.IsNaN(sample.Value))]);
    }

    public override string ToString() => Samples.Count == 0 ? "no series" : string.Join("; ", Samples);
}
