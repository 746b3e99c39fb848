using System.Collections.Concurrent;
using Terse.Horizon;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitPartitions"/>
/// <remarks>
/// A new partition is first created as a separate table and then attached, because these two steps do not
/// block reads and writes of other transactions. Dropping a partition briefly locks the whole table
/// <c>visit</c>. The drop fails if PostgreSQL does not get this lock within the lock timeout.
/// </remarks>
internal sealed class PostgresVisitPartitions(PostgresVisitTransactions visits) : IVisitPartitions
{
    /// <summary>
    /// The days whose partition existed when this Terse server last checked the day. Another Terse server may
    /// have dropped some of these partitions since then.
    /// </summary>
    private readonly ConcurrentDictionary<DateOnly, bool> _cached = [];

    /// <summary>Creates a partition for each of the given days that has none.</summary>
    public async Task CreateAsync(IEnumerable<DateOnly> days, CancellationToken cancellationToken)
    {
        foreach (var day in days)
        {
            if (_cached.ContainsKey(day))
                continue;
            await visits.WriteAsync(day, CreateAsync, cancellationToken);
            _cached.TryAdd(day, true);
        }
    }

    /// <summary>
    /// Forgets which partitions exist. The next
    /// <see cref="CreateAsync(IEnumerable{DateOnly}, CancellationToken)"/> then checks each day in the
    /// database again.
    /// </summary>
    public void ClearCache() => _cached.Clear();

    /// <summary>
    /// Takes an advisory lock until the end of the transaction, so that only one Terse server at a time
    /// creates or drops partitions. The number of the lock is "VISITDAY" in ASCII.
    /// </summary>
    private const string Lock = "SELECT pg_advisory_xact_lock(x'5649534954444159'::bigint)";

    /// <summary>
    /// Reads the catalog tables and does not use the function <c>to_regclass</c>, because the catalog cache
    /// that this function reads can be outdated. The transaction holds the advisory lock, so the result stays
    /// valid until the end of the transaction.
    /// </summary>
    private const string SelectExists =
        """
        SELECT EXISTS (
            SELECT FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'visit'::regclass AND c.relname = $1)
        """;

    private static async Task<bool> ExistsAsync(
        WriteTransaction write, DateOnly day, CancellationToken cancellationToken)
    {
        await RunAsync(write, Lock, cancellationToken);
        await using var select = PostgresVisitTransactions.CreateCommand(write, SelectExists);
        select.Bind(VisitPartition.TableName(day));
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<bool> CreateAsync(
        WriteTransaction write, DateOnly day, CancellationToken cancellationToken)
    {
        if (await ExistsAsync(write, day, cancellationToken))
            return false;

        await RunAsync(write, CreateDay(day), cancellationToken);
        return true;
    }

    /// <summary>Returns the statements that create the partition of a day.</summary>
    public static string CreateDay(DateOnly day)
    {
        var (table, next) = (VisitPartition.TableName(day), day.AddDays(1));
        return
            $"""
            CREATE TABLE {table} (LIKE visit INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
            ALTER TABLE visit ATTACH PARTITION {table}
                FOR VALUES FROM ('{day:yyyy-MM-dd}Z') TO ('{next:yyyy-MM-dd}Z');
            """;
    }

    /// <inheritdoc/>
    public async Task<int> DropExpiredAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        var dropped = 0;
        foreach (var day in await visits.WriteAsync(retention, ReadOldAsync, cancellationToken))
        {
            if (await visits.WriteAsync(day, DropAsync, cancellationToken))
                dropped++;
            _cached.TryRemove(day, out _);
        }

        return dropped;
    }

    private const string SelectOld =
        """
        SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'visit'::regclass
            AND c.relname < 'visit_day_' || to_char(clock_timestamp() AT TIME ZONE 'UTC' - $1, 'YYYYMMDD')
        ORDER BY 1
        """;

    private static async Task<List<DateOnly>> ReadOldAsync(
        WriteTransaction write, TimeSpan retention, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectOld);
        select.Bind(retention);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var days = new List<DateOnly>();
        while (await row.ReadAsync(cancellationToken))
            days.Add(VisitPartition.Parse(row.GetString(0)));
        return days;
    }

    private static async Task<bool> DropAsync(
        WriteTransaction write, DateOnly day, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(write, day, cancellationToken))
            return false;
        await RunAsync(write, $"DROP TABLE {VisitPartition.TableName(day)}", cancellationToken);
        return true;
    }

    private static async Task RunAsync(
        WriteTransaction write, string statement, CancellationToken cancellationToken)
    {
        await using var command = PostgresVisitTransactions.CreateCommand(write, statement);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
