namespace Terse.Commands;

/// <summary>A value of a metric, as a server showed it.</summary>
/// <param name="Series">The name and the labels as they were written. They identify the series.</param>
/// <param name="Name">The name of the metric.</param>
/// <param name="Labels">The labels with their values.</param>
/// <param name="Value">The value, which can be infinite or not a number.</param>
internal sealed record MetricSample(
    string Series, string Name, KeyValuePair<string, string>[] Labels, double Value)
{
    /// <summary>Returns the value of a label; null without the label.</summary>
    public string? Label(string name)
    {
        foreach (var (label, value) in Labels)
        {
            if (label == name)
                return value;
        }

        return null;
    }
}
