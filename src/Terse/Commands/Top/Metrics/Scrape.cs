namespace Terse.Commands;

/// <summary>The metrics of one server at one instant.</summary>
internal sealed class Scrape
{
    /// <summary>No metric of a server reaches it, and sums of values below it are finite.</summary>
    private const double MaxValue = 1e18;

    private readonly Dictionary<string, List<MetricSample>> _families = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly bool _isComplete;

    /// <param name="text">The metrics in the text format of Prometheus.</param>
    /// <param name="readAt">When they were read, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    public Scrape(string text, long readAt)
    {
        ReadAt = readAt;
        (var samples, _isComplete) = PrometheusText.Read(text);
        foreach (var sample in samples.Where(sample => Math.Abs(sample.Value) < MaxValue))
        {
            if (!_families.TryGetValue(sample.Name, out var family))
                _families.Add(sample.Name, family = []);
            if (_values.TryAdd(sample.Series, sample.Value))
                family.Add(sample);
        }
    }

    public long ReadAt { get; }

    /// <summary>The name of the server whose metrics these are; null if they do not say it.</summary>
    public string? Server => Find("target_info")?.Label("service_instance_id");

    public IReadOnlyList<MetricSample> Samples(string name) => _families.GetValueOrDefault(name) ?? [];

    /// <summary>Returns the first series of a metric; null if there is none.</summary>
    public MetricSample? Find(string name) => Samples(name) is [var first, ..] ? first : null;

    /// <summary>Returns the sum of a metric over its series; null if there is none.</summary>
    public double? Sum(string name) =>
        Samples(name) is { Count: > 0 } samples ? samples.Sum(sample => sample.Value) : null;

    /// <summary>Returns the greatest value of the series with this label; null if there is none.</summary>
    public double? Max(string name, string label, string value) => Samples(name)
        .Where(sample => sample.Label(label) == value)
        .Max(sample => (double?)sample.Value);

    /// <summary>
    /// Returns by how much a counter of the server has grown since an earlier scrape. A series that the
    /// earlier scrape lacks began at 0.
    /// </summary>
    public double Growth(Scrape before, string name, Func<MetricSample, bool>? filter = null) =>
        Samples(name).Where(sample => filter is null || filter(sample)).Sum(sample => Growth(before, sample));

    /// <inheritdoc cref="Growth(Scrape, string, Func{MetricSample, bool})"/>
    public static double Growth(Scrape before, MetricSample sample) =>
        Math.Max(0, sample.Value - before._values.GetValueOrDefault(sample.Series));

    /// <summary>
    /// Whether rates can be computed from an earlier scrape: both scrapes are complete, and no counter went
    /// back, as after a restart of the server.
    /// </summary>
    public bool Continues(Scrape before, IEnumerable<string> counters) =>
        _isComplete
        && before._isComplete
        && !counters.SelectMany(before.Samples).Any(sample =>
            _values.TryGetValue(sample.Series, out var value) && value < sample.Value);
}
