using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Redirects;

/// <summary>Counts the reports of visitors.</summary>
internal sealed class ReportMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _reports;

    public ReportMetrics(IMeterFactory meters)
    {
        _meter = Telemetry.MeterOf(meters);
        _reports = _meter.CreateCounter<long>(
            "terse.reports", "{report}", "Reports of visitors about links, by outcome.");
        Add("stored", 0);
        Add("limited", 0);
    }

    public void CountStored() => Add("stored", 1);

    public void CountLimited() => Add("limited", 1);

    private void Add(string outcome, int reports) =>
        _reports.Add(reports, new KeyValuePair<string, object?>("terse.report.outcome", outcome));
}
