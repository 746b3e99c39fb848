using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Ids;

/// <summary>Counts minted ids.</summary>
internal sealed class IdMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _minted;
    private readonly Counter<long> _tooLate;

    public IdMetrics(IMeterFactory meters)
    {
        _meter = Telemetry.MeterOf(meters);
        _minted = _meter.CreateCounter<long>("terse.ids.minted", "{id}", "Ids that this server minted.");
        _tooLate = _meter.CreateCounter<long>(
            "terse.ids.too_late",
            "{id}",
            "Ids whose time the horizon had passed before their link was stored.");
        _minted.Add(0);
        _tooLate.Add(0);
    }

    public void CountMinted() => _minted.Add(1);

    public void CountTooLate() => _tooLate.Add(1);
}
