using System.Diagnostics.Metrics;
using Terse.Hosting;

namespace Terse.Visits;

/// <summary>
/// The metrics of recording and counting visits. The number of recorded visits is read from the ring buffer,
/// so that a redirect does not have to update a counter.
/// </summary>
internal sealed class VisitMetrics
{
    private const string Unit = "{visit}";

    private readonly Meter _meter;
    private readonly DamagedVisits _damaged;
    private long _lost;
    private long _counted;
    private long _refused;

    public VisitMetrics(IMeterFactory meters, VisitFolder visits)
    {
        _damaged = visits.Damaged;
        _meter = Telemetry.MeterOf(meters);
        _meter.CreateObservableCounter(
            "terse.visits.recorded", () => visits.Ring.Written, Unit, "Visits that the server recorded.");
        _meter.CreateObservableCounter(
            "terse.visits.lost",
            () => Lost,
            Unit,
            "Visits that were lost, because the memory for visits was full or a file was damaged.");
        _meter.CreateObservableCounter(
            "terse.visits.damaged",
            () => visits.Damaged.Batches,
            "{batch}",
            "Batches of visits on the disk that could not be read.");
        _meter.CreateObservableCounter(
            "terse.visits.refused",
            () => Refused,
            Unit,
            "Visits that the database refused, which are kept on the disk.");
        _meter.CreateObservableGauge(
            "terse.visits.set_aside",
            () => visits.Spool.Refused.Count,
            "{batch}",
            "Batches of visits that the database refused, which wait in a folder for an operator.");
        _meter.CreateObservableCounter(
            "terse.visits.counted", () => Counted, Unit, "Visits that the database acknowledged.");
        _meter.CreateObservableUpDownCounter(
            "terse.visits.waiting",
            () => visits.Ring.Waiting + visits.Spool.Waiting,
            Unit,
            "Visits that wait for the database, including visits of earlier runs.");
        _meter.CreateObservableUpDownCounter(
            "terse.visits.spool.size", () => visits.Spool.Bytes, "By", "Bytes of the visits on the disk.");
        _meter.CreateObservableGauge(
            "terse.visits.spool.limit",
            () => visits.Spool.MaxBytes,
            "By",
            "The maximum size of the visits on the disk.");
    }

    public long Lost => Volatile.Read(ref _lost) + _damaged.Visits;

    public long Counted => Volatile.Read(ref _counted);

    public long Refused => Volatile.Read(ref _refused);

    public void CountLost() => Interlocked.Increment(ref _lost);

    public void AddRefused(int visits) => Interlocked.Add(ref _refused, visits);

    public void AddCounted(int visits) => Interlocked.Add(ref _counted, visits);
}
