using System.Collections.Concurrent;
using Npgsql;
using Terse.Horizon;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitPartitions"/>
/// <remarks>
/// Partitions of the table of visits. One is made as a table of its own and then attached, which locks nobody
/// out; to drop one takes the whole table for a moment, or fails where that takes longer.
/// </remarks>
internal sealed class PostgresVisitPartitions(PostgresVisitTransactions visits) : IVisitPartitions
{
    /// <summary>Those that this server knows of; another one may have dropped some.</summary>
    private readonly ConcurrentDictionary<DateOnly, bool> _known = [];

    /// <summary>Makes those of the days that do not exist yet.</summary>
    public async Task MakeAsync(IEnumerable<DateOnly> days, CancellationToken cancellationToken)
    {
        foreach (var day in days)
        {
            if (_known.ContainsKey(day))
                continue;
            await visits.WriteAsync(day, MakeAsync, cancellationToken);
            _known.TryAdd(day, true);
        }
    }

    /// <summary>Looks anew which ones there are.</summary>
    public void Forget() => _known.Clear();

    /// <summary>"VISITDAY": servers make, and drop, one after the other.</summary>
    private const string Lock = "SELECT pg_advisory_xact_lock(x'5649534954444159'::bigint)";

    /// <summary>
    /// By the rows of the catalogue as they are when the lock is held; to_regclass, which goes by what the
    /// connection remembers, is late.
    /// </summary>
    private const string IsThere =
        """
        SELECT EXISTS (
            SELECT FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'visit'::regclass AND c.relname = $1)
        """;

    private static async Task<bool> IsThereAsync(
        WriteTransaction write, DateOnly day, CancellationToken cancellationToken)
    {
        await RunAsync(write, Lock, cancellationToken);
        await using var look = PostgresVisitTransactions.CreateCommand(write, IsThere);
        look.Bind(VisitPartition.TableName(day));
        return (bool)(await look.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<bool> MakeAsync(
        WriteTransaction write, DateOnly day, CancellationToken cancellationToken)
    {
        if (await IsThereAsync(write, day, cancellationToken))
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
    public async Task<int> DropExpiredAsync(TimeSpan keptFor, CancellationToken cancellationToken)
    {
        var dropped = 0;
        foreach (var day in await visits.WriteAsync(keptFor, ReadOldAsync, cancellationToken))
        {
            if (await visits.WriteAsync(day, DropAsync, cancellationToken))
                dropped++;
            _known.TryRemove(day, out _);
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
        WriteTransaction write, TimeSpan keptFor, CancellationToken cancellationToken)
    {
        await using var select = write.CreateCommand(SelectOld);
        select.Bind(keptFor);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var days = new List<DateOnly>();
        while (await row.ReadAsync(cancellationToken))
            days.Add(VisitPartition.Parse(row.GetString(0)));
        return days;
    }

    private static async Task<bool> DropAsync(
        WriteTransaction write, DateOnly day, CancellationToken cancellationToken)
    {
        if (!await IsThereAsync(write, day, cancellationToken))
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
