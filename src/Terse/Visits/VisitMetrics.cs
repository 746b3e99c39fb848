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

    private long _lost;
    private long _counted;

    public VisitMetrics(IMeterFactory meters, VisitRing ring, VisitSpool spool)
    {
#pragma warning disable CA2000 // The factory disposes the meters that it creates.
        var meter = meters.Create(Telemetry.Meter);
#pragma warning restore CA2000
        meter.CreateObservableCounter(
            "terse.visits.recorded", () => ring.Written, Unit, "Visits that the server recorded.");
        meter.CreateObservableCounter(
            "terse.visits.lost",
            () => Lost,
            Unit,
            "Visits that were not recorded, because the memory for visits was full.");
        meter.CreateObservableCounter(
            "terse.visits.counted", () => Counted, Unit, "Visits that the database acknowledged.");
        meter.CreateObservableUpDownCounter(
            "terse.visits.waiting",
            () => ring.Waiting + spool.Waiting,
            Unit,
            "Visits that wait for the database, including visits of earlier runs.");
    }

    public long Lost => Volatile.Read(ref _lost);

    public long Counted => Volatile.Read(ref _counted);

    public void CountLost() => Interlocked.Increment(ref _lost);

    public void AddCounted(int visits) => Interlocked.Add(ref _counted, visits);
}
