using Terse.Horizon;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <summary>
/// Remembers the last batch of each run that is counted, and forgets the runs of servers that are gone for
/// long (<see cref="RunRetention"/>). Runs of the previous version of Terse are in the table
/// <c>visit_batch</c>, to which this version adds only their last waiting batches.
/// </summary>
internal static class PostgresVisitRuns
{
    /// <summary>
    /// How often the store looks up a run. If two transactions store the first batch of a run at the same
    /// time, the second one finds the row of the first one at its second attempt.
    /// </summary>
    private const int Attempts = 2;

    /// <summary>
    /// Stores the number of the batch. Returns false if the batch was counted before. If two transactions
    /// store the same batch at the same time, the second transaction waits here until the first one ends.
    /// </summary>
    /// <exception cref="VisitsRefusedException">It is unknown whether the batch was counted.</exception>
    public static async Task<bool> StoreNumberAsync(
        WriteTransaction write, VisitBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Run.Id == Guid.Empty)
            return await StoreEarlierAsync(write, batch, cancellationToken);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await UpdateAsync(write, batch, cancellationToken))
                return true;
            if (await IsKnownAsync(write, batch.Run.Id, cancellationToken))
                return false;
            if (await InsertAsync(write, batch, cancellationToken))
                return true;
        }

        throw RunRetention.Refuse(batch);
    }

    private const string DeleteOld = "DELETE FROM visit_run WHERE counted_at < clock_timestamp() - $1";

    /// <summary>Deletes the rows of runs whose last batch was counted long ago.</summary>
    public static async Task DeleteOldAsync(WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var delete = PostgresVisitTransactions.CreateCommand(write, DeleteOld);
        delete.Bind(RunRetention.Kept);
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    private const string Update =
        """
        UPDATE visit_run SET last_batch = $2, counted_at = clock_timestamp()
        WHERE run = $1 AND last_batch < $2
        """;

    private static async Task<bool> UpdateAsync(
        WriteTransaction write, VisitBatch batch, CancellationToken cancellationToken)
    {
        await using var update = PostgresVisitTransactions.CreateCommand(write, Update);
        update.Bind(batch.Run.Id);
        update.Bind(batch.Number);
        return await update.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private const string SelectIsKnown = "SELECT EXISTS (SELECT FROM visit_run WHERE run = $1)";

    private static async Task<bool> IsKnownAsync(
        WriteTransaction write, Guid run, CancellationToken cancellationToken)
    {
        await using var select = PostgresVisitTransactions.CreateCommand(write, SelectIsKnown);
        select.Bind(run);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private const string Insert =
        """
        INSERT INTO visit_run (run, last_batch, counted_at)
        SELECT $1, $2, clock_timestamp() WHERE $3 > clock_timestamp() - $4
        ON CONFLICT DO NOTHING
        """;

    private static async Task<bool> InsertAsync(
        WriteTransaction write, VisitBatch batch, CancellationToken cancellationToken)
    {
        await using var insert = PostgresVisitTransactions.CreateCommand(write, Insert);
        insert.Bind(batch.Run.Id);
        insert.Bind(batch.Number);
        insert.Bind(RunRetention.DateOf(batch).ToUniversalTime());
        insert.Bind(RunRetention.MaxAge);
        return await insert.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private const string UpsertEarlier =
        """
        INSERT INTO visit_batch AS b (node, epoch, last_batch) VALUES ($1, $2, $3)
        ON CONFLICT (node, epoch) DO UPDATE SET last_batch = excluded.last_batch
        WHERE b.last_batch < excluded.last_batch
        """;

    private static async Task<bool> StoreEarlierAsync(
        WriteTransaction write, VisitBatch batch, CancellationToken cancellationToken)
    {
        await using var upsert = PostgresVisitTransactions.CreateCommand(write, UpsertEarlier);
        upsert.Bind(batch.Run.Node);
        upsert.Bind(batch.Run.Epoch);
        upsert.Bind(batch.Number);
        return await upsert.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
