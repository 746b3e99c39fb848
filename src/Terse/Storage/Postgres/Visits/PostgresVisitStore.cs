using Npgsql;
using Terse.Horizon;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IVisitStore"/>
/// <remarks>
/// One transaction stores a batch, with one statement per table. Other Terse servers also update the rows
/// with counts. The transaction updates these rows last, so that it locks them only briefly. Every Terse
/// server updates these rows in the same order, so that the transactions cannot deadlock. The class
/// <see cref="PostgresVisitRuns"/> knows which batches are stored. Visits of erased links are not stored
/// (<see cref="PostgresErasedLinks"/>).
/// </remarks>
internal sealed class PostgresVisitStore(
    PostgresVisitTransactions visits, PostgresVisitPartitions partitions, PostgresVisitEvents events)
    : IVisitStore
{
    /// <summary>
    /// The maximum number of attempts to store a batch. An attempt fails if another Terse server drops a
    /// partition that the batch needs.
    /// </summary>
    private const int MaxAttempts = 10;

    /// <inheritdoc/>
    public async Task<bool> AddAsync(VisitBatch batch, CancellationToken cancellationToken)
    {
        var counts = new BatchCounts(batch.Visits);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await partitions.CreateAsync(counts.Days, cancellationToken);
                return await visits.WriteAsync((batch, counts), AddAsync, cancellationToken);
            }
            catch (PostgresException exception)
                when (exception.SqlState == PostgresErrorCodes.CheckViolation && attempt < MaxAttempts)
            {
                // Another Terse server has dropped the partition of an expired day. The next attempt creates
                // the partition again.
                partitions.ClearCache();
            }
            catch (Exception exception) when (FindRefusal(exception) is { } refusal)
            {
                throw new VisitsRefusedException(
                    $"PostgreSQL refuses them with SQLSTATE {refusal.SqlState} "
                    + $"({refusal.TableName} {refusal.ConstraintName}).",
                    exception)
                {
                    Uncounted = batch.Visits,
                };
            }
        }
    }

    /// <summary>
    /// Finds an error that the content of a batch causes: SQLSTATE classes 22 data, 23 constraint, 54 limit
    /// of the program, P0 error of a trigger. Other errors, such as a missing right (42501), concern all
    /// batches, so the batches wait until an operator mends the cause.
    /// </summary>
    private static PostgresException? FindRefusal(Exception exception) =>
        (exception as PostgresException ?? exception.InnerException as PostgresException)
            is { SqlState: { Length: 5 } state } refusal
        && state[..2] is "22" or "23" or "54" or "P0"
            ? refusal
            : null;

    private async Task<bool> AddAsync(
        WriteTransaction write,
        (VisitBatch Batch, BatchCounts Counts) added,
        CancellationToken cancellationToken)
    {
        var (batch, counts) = added;
        var erased = await PostgresErasedLinks.FindAsync(write, counts.Totals, cancellationToken);
        if (!await PostgresVisitRuns.StoreNumberAsync(write, batch, cancellationToken))
            return false;
        if (erased.Count > 0)
            counts = BatchCounts.Without(batch.Visits, erased);
        if (counts.Visits.Count > 0)
        {
            await AddVisitsAsync(write, counts.Visits, cancellationToken);
            await AddTotalsAsync(write, counts, cancellationToken);
        }

        await PostgresCountRows.AddToHoursAsync(write, counts.Rows, cancellationToken);
        await events.WriteAsync(write, counts, cancellationToken);
        return true;
    }

    private const string InsertVisits =
        """
        INSERT INTO visit (at, link_id, is_bot, country, referrer, browser, os, device)
        SELECT * FROM unnest($1::timestamptz[], $2::bigint[], $3::boolean[],
            $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
        """;

    private static async Task AddVisitsAsync(
        WriteTransaction write, IReadOnlyList<Visit> rows, CancellationToken cancellationToken)
    {
        await using var insert = PostgresVisitTransactions.CreateCommand(write, InsertVisits);
        insert.BindColumn(rows, visit => visit.At.ToUniversalTime());
        insert.BindColumn(rows, visit => visit.Link.ToInt64());
        insert.BindColumn(rows, visit => visit.IsBot);
        insert.BindColumn(rows, visit => visit.Country);
        insert.BindColumn(rows, visit => visit.Referrer);
        insert.BindColumn(rows, visit => visit.Browser);
        insert.BindColumn(rows, visit => visit.Os);
        insert.BindColumn(rows, visit => visit.Device);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string UpsertTotals =
        """
        INSERT INTO visit_total AS t (link_id, visits, bot_visits)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
        ON CONFLICT (link_id) DO UPDATE SET
            visits = t.visits + excluded.visits, bot_visits = t.bot_visits + excluded.bot_visits
        """;

    private static async Task AddTotalsAsync(
        WriteTransaction write, BatchCounts counts, CancellationToken cancellationToken)
    {
        await using var upsert = PostgresVisitTransactions.CreateCommand(write, UpsertTotals);
        var rows = counts.Totals;
        upsert.BindColumn(rows, total => total.Key);
        upsert.BindColumn(rows, total => total.Value.Visits);
        upsert.BindColumn(rows, total => total.Value.Bots);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
    }
}
