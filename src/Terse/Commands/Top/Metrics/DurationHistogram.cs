using System.Globalization;

namespace Terse.Commands;

/// <summary>Durations by the upper bounds of a histogram of Prometheus, in seconds.</summary>
internal sealed class DurationHistogram
{
    /// <summary>How many durations were at most as long as the bound.</summary>
    private readonly SortedDictionary<double, double> _counts = [];

    /// <summary>Returns the durations between two scrapes of a server, of all series that pass a filter.
    /// </summary>
    public static DurationHistogram Between(
        Scrape before, Scrape after, string name, Func<MetricSample, bool>? filter = null)
    {
        var histogram = new DurationHistogram();
        foreach (var sample in after.Samples(name + "_bucket"))
        {
            if (filter?.Invoke(sample) is not false && ReadBound(sample) is { } bound)
                histogram.Add(bound, Scrape.Growth(before, sample));
        }

        return histogram;
    }

    /// <summary>Adds the durations of another server. Another version may have other bounds.</summary>
    public void Add(DurationHistogram other)
    {
        foreach (var (bound, count) in other._counts)
            Add(bound, count);
    }

    /// <summary>
    /// Returns the duration that this share of the requests did not exceed, in seconds; null without
    /// requests. Inside its bucket, it is interpolated. Never greater than the greatest finite bound.
    /// </summary>
    public double? Quantile(double share)
    {
        if (_counts.LastOrDefault().Value is not (> 0 and var total))
            return null;
        var rank = share * total;
        var (lowerBound, lowerCount) = (0d, 0d);
        foreach (var (bound, count) in _counts)
        {
            if (double.IsInfinity(bound))
                break;
            if (count >= rank)
            {
                var inside = count > lowerCount ? (rank - lowerCount) / (count - lowerCount) : 1;
                return lowerBound + ((bound - lowerBound) * Math.Clamp(inside, 0, 1));
            }

            (lowerBound, lowerCount) = (bound, count);
        }

        return lowerBound;
    }

    private void Add(double bound, double count) =>
        _counts[bound] = _counts.GetValueOrDefault(bound) + count;

    private static double? ReadBound(MetricSample sample) => sample.Label("le") switch
    {
        "+Inf" => double.PositiveInfinity,
        { } text when double.TryParse(text, CultureInfo.InvariantCulture, out var bound)
            && double.IsFinite(bound) => bound,
        _ => null,
    };
}
