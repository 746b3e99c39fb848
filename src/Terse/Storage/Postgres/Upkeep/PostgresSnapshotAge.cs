using System.Diagnostics.Metrics;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Measures the age of the oldest snapshot that the primary must serve. PostgreSQL keeps all row versions
/// that were replaced or deleted after this snapshot was taken, so tables and indexes grow, and reads of rows
/// that change often become slow.
/// </summary>
/// <remarks>
/// PostgreSQL shows the oldest transaction id that a snapshot needs, but not always a time: a replica with
/// <c>hot_standby_feedback</c> sends only a transaction id. So the class remembers which transaction id was
/// next at which time.
/// </remarks>
internal sealed class PostgresSnapshotAge(Cluster cluster, IMeterFactory meters, TimeProvider time)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Gauge<double> _age = meters.Create(Telemetry.Meter).CreateGauge<double>(
        "terse.database.oldest_snapshot", "s", "The age of the oldest snapshot on the primary.");

    /// <summary>
    /// The next transaction ids at earlier times, oldest first. The first entry is the newest one that is not
    /// after the oldest snapshot.
    /// </summary>
    private readonly Queue<(long NextId, long At)> _earlier = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new BackgroundLoop(Interval, time, (_, _) => { }).RunAsync(MeasureAsync, stoppingToken);

    /// <summary>
    /// Measures and records the age. The age of a snapshot that is older than this server counts from the
    /// first measurement, unless PostgreSQL shows when its transaction began.
    /// </summary>
    public async Task<TimeSpan> MeasureAsync(CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        var (nextId, oldestId, oldestTransaction) = await cluster.ReadAsync(
            ConnectionShare.Nodes, Freshness.Latest, argument: 0, ReadAsync, cancellationToken);
        _earlier.Enqueue((nextId, now));
        while (_earlier.Count > 1 && _earlier.ElementAt(1).NextId <= oldestId)
            _earlier.Dequeue();
        var sinceEarlier = time.GetElapsedTime(_earlier.Peek().At, now);
        var age = sinceEarlier > oldestTransaction ? sinceEarlier : oldestTransaction;
        _age.Record(age.TotalSeconds);
        return age;
    }

    /// <summary>
    /// Reads the next transaction id, the oldest id that a snapshot without a known start needs, and the age
    /// of the oldest transaction of which PostgreSQL shows the start. A snapshot in another database, and one
    /// of autovacuum, makes PostgreSQL keep nothing in the tables of this database.
    /// </summary>
    private const string SelectOldest =
        """
        WITH present AS (
            SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_id
        ), used AS (
            SELECT CASE WHEN xact_start IS NULL THEN age(backend_xmin) END AS age, xact_start AS since
            FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND backend_xmin IS NOT NULL
                AND backend_type <> 'autovacuum worker'
                AND (datname = current_database() OR backend_type = 'walsender')
            UNION ALL
            SELECT age(xmin), NULL FROM pg_replication_slots WHERE xmin IS NOT NULL
            UNION ALL
            SELECT NULL, prepared FROM pg_prepared_xacts WHERE database = current_database()
        )
        SELECT next_id, next_id - coalesce(max(age), 0),
            coalesce(clock_timestamp() - min(since), interval '0 s')
        FROM present LEFT JOIN used ON true
        GROUP BY next_id
        """;

    private static async Task<(long NextId, long OldestId, TimeSpan Age)> ReadAsync(
        ReadTransaction read, int argument, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectOldest);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt64(0), row.GetInt64(1), row.GetTimeSpan(2));
    }
}
