using Npgsql;
using Terse.Horizon;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitRollup"/>
/// <remarks>
/// Also moves the counts that servers of the previous version of Terse write to <c>visit_count</c> and
/// <c>missed_visit</c> to <c>hour_count</c>. Deleting and adding is one transaction.
/// </remarks>
internal sealed class PostgresVisitRollup(PostgresVisitTransactions visits) : IVisitRollup
{
    /// <summary>
    /// The maximum number of rows that one transaction moves. Such a transaction takes some 10 ms.
    /// </summary>
    private const int MaxRows = 1_000;

    /// <inheritdoc/>
    public Task<bool> RollUpAsync(CancellationToken cancellationToken) =>
        visits.WriteAsync(DayCount.HoursKept, RollUpAsync, cancellationToken);

    /// <summary>
    /// Tries to take the lock of the roll-up until the end of the transaction. The number of the lock is
    /// "VISITSUM" in ASCII.
    /// </summary>
    private const string TryLock = "SELECT pg_try_advisory_xact_lock(x'564953495453554d'::bigint)";

    private static async Task<bool> RollUpAsync(
        WriteTransaction write, TimeSpan kept, CancellationToken cancellationToken)
    {
        await using (var attempt = write.CreateCommand(TryLock))
        {
            if (!(bool)(await attempt.ExecuteScalarAsync(cancellationToken))!)
                return false;
        }

        var days = await TakeHoursAsync(write, kept, cancellationToken);
        if (days.InOrder is { Count: > 0 } rows)
        {
            await PostgresCountRows.AddToDaysAsync(write, rows, cancellationToken);
            return true;
        }

        var hours = new CountRows();
        await TakeValuesAsync(write, hours, cancellationToken);
        await TakeMissedAsync(write, hours, cancellationToken);
        await PostgresCountRows.AddToHoursAsync(write, hours.InOrder, cancellationToken);
        return hours.InOrder.Count > 0;
    }

    /// <summary>
    /// Rows that a batch has just locked are skipped, so that the roll-up never waits for a batch, and cannot
    /// deadlock with it. The subquery with the time runs once. Without it, PostgreSQL would compare the time
    /// with each row of the table, because <c>clock_timestamp</c> changes during a statement.
    /// </summary>
    public const string DeleteHours =
        """
        DELETE FROM hour_count WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM hour_count
            WHERE hour < (SELECT
                (extract(epoch FROM date_trunc('day', clock_timestamp() - $1, 'UTC')) / 3600)::integer)
            ORDER BY hour, link_id LIMIT $2
            FOR UPDATE SKIP LOCKED))
        RETURNING link_id, hour, visits, bot_visits, by_value
        """;

    private static async Task<CountRows> TakeHoursAsync(
        WriteTransaction write, TimeSpan kept, CancellationToken cancellationToken)
    {
        await using var delete = PostgresVisitTransactions.CreateCommand(write, DeleteHours);
        delete.Bind(kept);
        delete.Bind(MaxRows);
        await using var row = await delete.ExecuteReaderAsync(cancellationToken);
        var days = new CountRows();
        while (await row.ReadAsync(cancellationToken))
        {
            var (sum, packed) = PostgresCountRows.Read(row, 2);
            days.Of(row.GetInt64(0), DayCount.DayOf(row.GetInt32(1))).Add(sum, packed);
        }

        return days;
    }

    private const string DeleteValues =
        """
        DELETE FROM visit_count WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM visit_count
            ORDER BY link_id, kind, hour, value, is_bot LIMIT $1
            FOR UPDATE SKIP LOCKED))
        RETURNING link_id, (extract(epoch FROM hour) / 3600)::integer, is_bot, visits, kind, value
        """;

    private static async Task TakeValuesAsync(
        WriteTransaction write, CountRows hours, CancellationToken cancellationToken)
    {
        await using var delete = PostgresVisitTransactions.CreateCommand(write, DeleteValues);
        delete.Bind(MaxRows);
        await using var row = await delete.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            hours.Of(row.GetInt64(0), row.GetInt32(1)).Add(
                (VisitDimension)row.GetInt16(4), row.GetString(5), ReadSum(row));
        }
    }

    private const string DeleteMissed =
        """
        DELETE FROM missed_visit WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM missed_visit
            ORDER BY hour, kind, is_bot LIMIT $1
            FOR UPDATE SKIP LOCKED))
        RETURNING kind::text, (extract(epoch FROM hour) / 3600)::integer, is_bot, visits
        """;

    private static async Task TakeMissedAsync(
        WriteTransaction write, CountRows hours, CancellationToken cancellationToken)
    {
        await using var delete = PostgresVisitTransactions.CreateCommand(write, DeleteMissed);
        delete.Bind(MaxRows);
        await using var row = await delete.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            hours.Of(VisitRange.Missed, row.GetInt32(1)).Add(
                VisitDimension.Outcome, row.GetString(0), ReadSum(row));
        }
    }

    private static VisitSum ReadSum(NpgsqlDataReader row) =>
        VisitSum.Of(row.GetBoolean(2), row.GetInt64(3));
}
