using LineFloors = System.Collections.Generic.Dictionary<string, System.DateTimeOffset>;

namespace Terse.Storage.Postgres;

/// <summary>
/// Remembers for each webhook the time before which none of its lines is due. PostgreSQL cannot remove index
/// entries of earlier lines while an old snapshot is in use, for example of a backup; without floors, each
/// search would read all of them. Safe for use by any number of threads.
/// </summary>
/// <remarks>
/// No line is due before the time at which a transaction wrote it. A transaction that a snapshot does not
/// show began after the oldest one that has written something, or it writes later than now. So a floor is the
/// earliest of three times: of the first due line that the snapshot shows, of the begin of this oldest
/// transaction, and the present one. A failover, or a clock that goes back, can break this. So the floors are
/// forgotten after 30 s.
/// </remarks>
internal sealed class PostgresLineFloors(TimeProvider time)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private LineFloors _floors = [];
    private long _begunAt = time.GetTimestamp();

    /// <summary>Returns the floors by webhook.</summary>
    public LineFloors Read()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_begunAt) >= MaxAge)
                (_floors, _begunAt) = ([], time.GetTimestamp());
            return _floors;
        }
    }

    /// <summary>Adds newer floors.</summary>
    public void Add(LineFloors newer)
    {
        lock (_lock)
            _floors = newer;
    }
}
