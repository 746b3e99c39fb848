using System.Collections.Concurrent;
using Terse.Horizon;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitPartitions"/>
/// <remarks>
/// A partition is created as a separate table and then attached, which does not block other transactions.
/// Dropping a partition locks the whole visit table briefly, or fails if the lock takes too long.
/// </remarks>
internal sealed class PostgresVisitPartitions(PostgresVisitTransactions visits) : IVisitPartitions
{
    /// <summary>
    /// Partitions that existed when last checked; another server may have dropped some since.
    /// </summary>
    private readonly ConcurrentDictionary<DateOnly, bool> _cached = [];

    /// <summary>Creates the missing partitions of the days.</summary>
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
    /// Makes the next <see cref="CreateAsync(IEnumerable{DateOnly}, CancellationToken)"/> check all days
    /// again.
    /// </summary>
    public void ClearCache() => _cached.Clear();

    /// <summary>"VISITDAY" in ASCII. Only one server at a time creates or drops partitions.</summary>
    private const string Lock = "SELECT pg_advisory_xact_lock(x'5649534954444159'::bigint)";

    /// <summary>
    /// Reads the catalog while the lock is held. The function to_regclass uses the connection's cache, which
    /// can be outdated.
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

        var (table, next) = (VisitPartition.TableName(day), day.AddDays(1));
        await RunAsync(
            write,
            $"""
            CREATE TABLE {table} (LIKE visit INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
            ALTER TABLE visit ATTACH PARTITION {table}
                FOR VALUES FROM ('{day:yyyy-MM-dd}Z') TO ('{next:yyyy-MM-dd}Z');
            """,
            cancellationToken);
        return true;
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
