using Npgsql;
using Terse.Horizon;
using Terse.Links;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitRollup"/>
/// <remarks>
/// Also moves the counts that servers of the previous version of Terse write to <c>visit_count</c> and
/// <c>missed_visit</c> to <c>hour_count</c>. Deleting and adding is one transaction. While a transaction
/// keeps an old snapshot open, PostgreSQL cannot remove deleted rows. So each transaction continues behind
/// the last row of the transaction before, and does not read the rows again that were deleted before. At the
/// end, one more transaction starts at the first row again, for rows that were locked or are new.
/// </remarks>
internal sealed class PostgresVisitRollup(PostgresVisitTransactions visits) : IVisitRollup
{
    /// <summary>
    /// The maximum number of rows that one transaction moves. Such a transaction takes some 10 ms.
    /// </summary>
    private const int MaxRows = 1_000;

    private Progress _progress = Progress.None;

    /// <inheritdoc/>
    public async Task<bool> RollUpAsync(CancellationToken cancellationToken)
    {
        var (hasMore, progress) = await visits.WriteAsync(_progress, RollUpAsync, cancellationToken);
        _progress = progress;
        return hasMore;
    }

    /// <summary>
    /// Tries to take the lock of the roll-up until the end of the transaction. The number of the lock is
    /// "VISITSUM" in ASCII. Also makes PostgreSQL read the indexes in order, and stop after
    /// <see cref="MaxRows"/> rows. A scan of a whole table would also read all deleted rows.
    /// </summary>
    private const string TryLock =
        """
        SELECT pg_try_advisory_xact_lock(x'564953495453554d'::bigint),
            set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)
        """;

    private static async Task<(bool HasMore, Progress Progress)> RollUpAsync(
        WriteTransaction write, Progress progress, CancellationToken cancellationToken)
    {
        await using (var attempt = write.CreateCommand(TryLock))
        {
            if (!(bool)(await attempt.ExecuteScalarAsync(cancellationToken))!)
                return (false, progress);
        }

        var (days, hour) = await TakeHoursAsync(write, progress.Hour, cancellationToken);
        if (days.InOrder is { Count: > 0 } rows)
        {
            await PostgresCountRows.AddToDaysAsync(write, rows, cancellationToken);
            return (true, progress with { Hour = hour });
        }

        var hours = new CountRows();
        var next = new Progress(
            hour,
            await TakeValuesAsync(write, progress.Value, hours, cancellationToken),
            await TakeMissedAsync(write, progress.Missed, hours, cancellationToken));
        await PostgresCountRows.AddToHoursAsync(write, hours.InOrder, cancellationToken);
        if (hours.InOrder.Count > 0)
            return (true, next);
        if (progress != Progress.None)
            return (true, Progress.None);
        await PostgresVisitRuns.DeleteOldAsync(write, cancellationToken);
        return (false, Progress.None);
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
                AND (hour, link_id) > ($3, $4)
            ORDER BY hour, link_id LIMIT $2
            FOR UPDATE SKIP LOCKED))
        RETURNING link_id, hour, visits, bot_visits, by_value
        """;

    private static async Task<(CountRows Days, HourKey Last)> TakeHoursAsync(
        WriteTransaction write, HourKey after, CancellationToken cancellationToken)
    {
        await using var delete = PostgresVisitTransactions.CreateCommand(write, DeleteHours);
        delete.Bind(DayCount.HoursKept);
        delete.Bind(MaxRows);
        delete.Bind(after.Hour);
        delete.Bind(after.Link);
        await using var row = await delete.ExecuteReaderAsync(cancellationToken);
        var days = new CountRows();
        while (await row.ReadAsync(cancellationToken))
        {
            var (sum, packed) = PostgresCountRows.Read(row, 2);
            days.Of(row.GetInt64(0), DayCount.DayOf(row.GetInt32(1))).Add(sum, packed);
            var key = new HourKey(row.GetInt32(1), row.GetInt64(0));
            after = (key.Hour, key.Link).CompareTo((after.Hour, after.Link)) > 0 ? key : after;
        }

        return (days, after);
    }

    /// <summary>
    /// The last row has the greatest key; PostgreSQL compares texts, because only it knows their order.
    /// </summary>
    private const string DeleteValues =
        """
        WITH taken AS (
            SELECT ctid FROM visit_count
            WHERE (link_id, kind, hour, value, is_bot) > ($2, $3, $4, $5, $6)
            ORDER BY link_id, kind, hour, value, is_bot LIMIT $1
            FOR UPDATE SKIP LOCKED),
        deleted AS (
            DELETE FROM visit_count WHERE ctid = ANY (ARRAY(SELECT ctid FROM taken))
            RETURNING link_id, hour, is_bot, visits, kind, value)
        SELECT link_id, (extract(epoch FROM hour) / 3600)::integer, is_bot, visits, kind, value, hour
        FROM deleted AS d ORDER BY d.link_id, d.kind, d.hour, d.value, d.is_bot
        """;

    private static async Task<ValueKey> TakeValuesAsync(
        WriteTransaction write, ValueKey after, CountRows hours, CancellationToken cancellationToken)
    {
        await using var delete = PostgresVisitTransactions.CreateCommand(write, DeleteValues);
        delete.Bind(MaxRows);
        delete.Bind(after.Link);
        delete.Bind(after.Kind);
        delete.Bind(after.Hour);
        delete.Bind(after.Value);
        delete.Bind(after.IsBot);
        await using var row = await delete.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            hours.Of(row.GetInt64(0), row.GetInt32(1)).Add(
                (VisitDimension)row.GetInt16(4), row.GetString(5), ReadSum(row));
            after = new(
                row.GetInt64(0),
                row.GetInt16(4),
                await row.GetFieldValueAsync<DateTimeOffset>(6, cancellationToken),
                row.GetString(5),
                row.GetBoolean(2));
        }

        return after;
    }

    private const string DeleteMissed =
        """
        WITH taken AS (
            SELECT ctid FROM missed_visit WHERE (hour, kind, is_bot) > ($2, $3, $4)
            ORDER BY hour, kind, is_bot LIMIT $1
            FOR UPDATE SKIP LOCKED),
        deleted AS (
            DELETE FROM missed_visit WHERE ctid = ANY (ARRAY(SELECT ctid FROM taken))
            RETURNING kind, hour, is_bot, visits)
        SELECT kind::text, (extract(epoch FROM hour) / 3600)::integer, is_bot, visits, kind, hour
        FROM deleted AS d ORDER BY d.hour, d.kind, d.is_bot
        """;

    private static async Task<MissedKey> TakeMissedAsync(
        WriteTransaction write, MissedKey after, CountRows hours, CancellationToken cancellationToken)
    {
        await using var delete = PostgresVisitTransactions.CreateCommand(write, DeleteMissed);
        delete.Bind(MaxRows);
        delete.Bind(after.Hour);
        delete.Bind(after.Kind);
        delete.Bind(after.IsBot);
        await using var row = await delete.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            hours.Of(VisitRange.Missed, row.GetInt32(1)).Add(
                VisitDimension.Outcome, row.GetString(0), ReadSum(row));
            after = new(
                await row.GetFieldValueAsync<DateTimeOffset>(5, cancellationToken),
                row.GetInt16(4),
                row.GetBoolean(2));
        }

        return after;
    }

    private static VisitSum ReadSum(NpgsqlDataReader row) =>
        VisitSum.Of(row.GetBoolean(2), row.GetInt64(3));

    /// <summary>The keys of the last rows that were taken from each table.</summary>
    private sealed record Progress(HourKey Hour, ValueKey Value, MissedKey Missed)
    {
        public static readonly Progress None = new(
            new(int.MinValue, long.MinValue),
            new(long.MinValue, 0, DateTimeOffset.UnixEpoch, "", IsBot: false),
            new(DateTimeOffset.UnixEpoch, 0, IsBot: false));
    }

    private sealed record HourKey(int Hour, long Link);

    private sealed record ValueKey(long Link, short Kind, DateTimeOffset Hour, string Value, bool IsBot);

    private sealed record MissedKey(DateTimeOffset Hour, short Kind, bool IsBot);
}
