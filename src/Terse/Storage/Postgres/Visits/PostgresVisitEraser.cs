using Terse.Horizon;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitEraser"/>
/// <remarks>
/// While the roll-up moves counts of the link from one table to the next, its transaction locks their rows. A
/// deletion waits for these rows, and then deletes from the next table in a statement of its own, which sees
/// what the roll-up has moved there.
/// </remarks>
internal sealed class PostgresVisitEraser(PostgresVisitTransactions visits, PostgresEventEraser events)
    : IVisitEraser
{
    /// <summary>
    /// The maximum number of rows that one transaction deletes from a table. Such a transaction takes some 10
    /// ms, during which no visits are stored.
    /// </summary>
    private const int MaxRows = 1_000;

    private const string SelectWaiting = "SELECT link_id FROM erased_link WHERE NOT is_done LIMIT 1";

    /// <summary>
    /// Lets one Terse server at a time delete visits, until the end of the transaction. The number of the
    /// lock is "VISITDEL" in ASCII. Also makes PostgreSQL find the rows by indexes.
    /// </summary>
    private const string TryLock =
        """
        SELECT pg_try_advisory_xact_lock(x'564953495444454c'::bigint),
            set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true)
        """;

    /// <summary>The tables with visits of a link, in the order in which counts move.</summary>
    private static readonly string[] Deletions =
    [
        """
        DELETE FROM visit AS v USING (
            SELECT at, number FROM visit WHERE link_id = $1 ORDER BY at, number LIMIT $2) AS d
        WHERE v.at = d.at AND v.number = d.number
        """,
        """
        DELETE FROM visit_count WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM visit_count WHERE link_id = $1 LIMIT $2))
        """,
        // The table has no index that begins with the link, so each hour is looked up.
        """
        DELETE FROM hour_count WHERE ctid = ANY (ARRAY(
            SELECT h.ctid
            FROM generate_series(
                    (SELECT min(hour) FROM hour_count), (SELECT max(hour) FROM hour_count)) AS s(hour)
                JOIN hour_count AS h ON h.hour = s.hour AND h.link_id = $1
            LIMIT $2))
        """,
        """
        DELETE FROM day_count WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM day_count WHERE link_id = $1 LIMIT $2))
        """,
        """
        DELETE FROM visit_total WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM visit_total WHERE link_id = $1 LIMIT $2))
        """,
    ];

    private const string SetDone = "UPDATE erased_link SET is_done = true WHERE link_id = $1";

    /// <inheritdoc/>
    public async Task<bool> EraseAsync(CancellationToken cancellationToken) =>
        await events.EraseAsync(cancellationToken)
            | await visits.WriteAsync(0, EraseAsync, cancellationToken);

    private static async Task<bool> EraseAsync(
        WriteTransaction write, int argument, CancellationToken cancellationToken)
    {
        if (await FindWaitingAsync(write, cancellationToken) is not { } link)
            return false;
        await using (var attempt = write.CreateCommand(TryLock))
        {
            if (!(bool)(await attempt.ExecuteScalarAsync(cancellationToken))!)
                return false;
        }

        await using (var locking = PostgresVisitTransactions.CreateCommand(
            write, PostgresErasedLinks.LockAll))
        {
            await locking.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (var deletion in Deletions)
        {
            await using var delete = PostgresVisitTransactions.CreateCommand(write, deletion);
            delete.Bind(link);
            delete.Bind(MaxRows);
            if (await delete.ExecuteNonQueryAsync(cancellationToken) == MaxRows)
                return true;
        }

        await using var done = PostgresVisitTransactions.CreateCommand(write, SetDone);
        done.Bind(link);
        await done.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private static async Task<long?> FindWaitingAsync(
        WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var select = PostgresVisitTransactions.CreateCommand(write, SelectWaiting);
        return (long?)await select.ExecuteScalarAsync(cancellationToken);
    }
}
