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
internal sealed class TitleMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _titles = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.titles", "{request}", "Requests for the titles of targets, by outcome.");

    public void Count(TitleOutcome outcome) => _titles.Add(1, new KeyValuePair<string, object?>(
        "terse.title.outcome",
        outcome switch
        {
            TitleOutcome.Found => "found",
            TitleOutcome.Missing => "missing",
            TitleOutcome.Failed => "failed",
            _ => "dropped",
        }));
}
