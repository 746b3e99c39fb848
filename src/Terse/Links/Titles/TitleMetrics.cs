using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Links;

/// <summary>What became of a request for the title of a target.</summary>
internal enum TitleOutcome
{
    /// <summary>The target has a title, which the link now has unless it was changed meanwhile.</summary>
    Found,

    /// <summary>The target is not an HTML page with a title.</summary>
    Missing,

    /// <summary>The target was not reached in time, or the title was not stored.</summary>
    Failed,

    /// <summary>Too many requests were waiting.</summary>
    Dropped,
}

/// <summary>Counts requests for the titles of targets.</summary>
internal sealed class TitleMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _titles;

    public TitleMetrics(IMeterFactory meters)
    {
        _meter = Telemetry.MeterOf(meters);
        _titles = _meter.CreateCounter<long>(
            "terse.titles", "{request}", "Requests for the titles of targets, by outcome.");
        foreach (var outcome in Enum.GetValues<TitleOutcome>())
            Add(outcome, 0);
    }

    public void Count(TitleOutcome outcome) => Add(outcome, 1);

    private void Add(TitleOutcome outcome, int requests) =>
        _titles.Add(requests, new KeyValuePair<string, object?>(
            "terse.title.outcome",
            outcome switch
            {
                TitleOutcome.Found => "found",
                TitleOutcome.Missing => "missing",
                TitleOutcome.Failed => "failed",
                _ => "dropped",
            }));
}
