using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>
/// Removes the tags of erased links from the events of these links. A trigger inserts each erased link into
/// the table <c>event_erasure</c>.
/// </summary>
/// <remarks>
/// Events about visits and about expired links are written without a lock on the link: their transactions
/// take the shared lock of <see cref="PostgresErasedLinks"/>, and then read the link. So the last step waits
/// for all of them, and then erases the events that they have written. Later ones read that the link is
/// erased. Other events with tags are written by transactions that hold a row for which the erasure waits.
/// </remarks>
internal sealed class PostgresEventEraser(PostgresVisitTransactions transactions)
{
    /// <summary>
    /// The maximum number of events that one statement changes. Such a statement takes some 20 ms.
    /// </summary>
    private const int MaxRows = 1_000;

    private bool _hasTable;

    /// <summary>Removes the tags from some events.</summary>
    /// <returns>Whether there may be more to do.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be written now.</exception>
    public Task<bool> EraseAsync(CancellationToken cancellationToken) =>
        transactions.WriteAsync(0, EraseAsync, cancellationToken);

    /// <summary>The schema of the version before lacks the table.</summary>
    private const string SelectHasTable = "SELECT to_regclass('event_erasure') IS NOT NULL";

    /// <summary>Only one server at a time works on a link.</summary>
    private const string LockOne = "SELECT link_id FROM event_erasure LIMIT 1 FOR UPDATE SKIP LOCKED";

    private const string SetDone = "DELETE FROM event_erasure WHERE link_id = $1";

    private async Task<bool> EraseAsync(WriteTransaction write, int _, CancellationToken cancellationToken)
    {
        _hasTable = _hasTable || (bool)(await RunAsync(write, SelectHasTable, cancellationToken))!;
        if (!_hasTable || await RunAsync(write, LockOne, cancellationToken) is not long link)
            return false;
        await PostgresEventTransactions.UseIndexesAsync(write, cancellationToken);
        if (await EraseSomeAsync(write, link, cancellationToken) == MaxRows)
            return true;
        await RunAsync(write, PostgresErasedLinks.LockAll, cancellationToken);
        if (await EraseSomeAsync(write, link, cancellationToken) < MaxRows)
        {
            await using var done = PostgresVisitTransactions.CreateCommand(write, SetDone);
            done.Bind(link);
            await done.ExecuteNonQueryAsync(cancellationToken);
        }

        return true;
    }

    /// <summary>The condition is that of the index <c>event_tags</c>.</summary>
    private const string EraseTags =
        """
        WITH written AS (
            SELECT at, id FROM event WHERE link_id = $1 AND data ~ '"tags": ?\["'
            ORDER BY id LIMIT $2 FOR UPDATE
        )
        UPDATE event AS e SET data = (link_settings(e.data) - 'tags')::text
        FROM written AS w WHERE e.at = w.at AND e.id = w.id
        """;

    private static async Task<int> EraseSomeAsync(
        WriteTransaction write, long link, CancellationToken cancellationToken)
    {
        await using var update = PostgresVisitTransactions.CreateCommand(write, EraseTags);
        update.Bind(link);
        update.Bind(MaxRows);
        return await update.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<object?> RunAsync(
        WriteTransaction write, string statement, CancellationToken cancellationToken)
    {
        await using var command = PostgresVisitTransactions.CreateCommand(write, statement);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
