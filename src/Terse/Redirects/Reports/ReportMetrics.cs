using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Redirects;

/// <summary>Counts the reports of visitors.</summary>
internal sealed class ReportMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _reports = meters.Create(Telemetry.Meter).CreateCounter<long>(
        "terse.reports", "{report}", "Reports of visitors about links, by outcome.");

    public void CountStored() => Count("stored");

    public void CountLimited() => Count("limited");

    private void Count(string outcome) =>
        _reports.Add(1, new KeyValuePair<string, object?>("terse.report.outcome", outcome));
}
