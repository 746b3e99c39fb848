using System.Globalization;
using Npgsql;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>A transaction that holds a lock for which a statement waits.</summary>
/// <param name="Id">
/// The virtual transaction id, which no later transaction has; for a prepared transaction, its transaction
/// id; null if the transaction ended before its id could be read.
/// </param>
/// <param name="Description">
/// Names the process, its application and the start of its query, or the prepared transaction.
/// </param>
internal sealed record BlockingTransaction(string? Id, string Description)
{
    private const string SelectBlocking =
        """
        SELECT DISTINCT ON (b.pid)
            b.pid, l.virtualtransaction, coalesce(a.application_name, ''), a.query_start
        FROM unnest(pg_blocking_pids($1)) AS b(pid)
            LEFT JOIN pg_locks AS l ON l.pid = b.pid AND l.locktype = 'virtualxid' AND l.granted
            LEFT JOIN pg_stat_activity AS a ON a.pid = b.pid
        WHERE b.pid <> 0
        """;

    /// <summary>The locks of a prepared transaction have no process.</summary>
    private const string SelectPrepared =
        """
        SELECT 0, p.transaction::text, p.gid, p.prepared
        FROM pg_prepared_xacts AS p
            JOIN pg_locks AS own ON own.locktype = 'transactionid' AND own.transactionid = p.transaction
                AND own.pid IS NULL
        WHERE 0 = ANY (pg_blocking_pids($1)) AND EXISTS (
            SELECT FROM pg_locks AS held
                JOIN pg_locks AS awaited ON awaited.locktype = 'relation'
                    AND awaited.database = held.database AND awaited.relation = held.relation
            WHERE held.pid IS NULL AND held.locktype = 'relation'
                AND held.virtualtransaction = own.virtualtransaction
                AND awaited.pid = $1 AND NOT awaited.granted)
        """;

    /// <summary>
    /// Reads the transactions for which the statement of a process waits. The list is empty if the statement
    /// does not wait.
    /// </summary>
    public static async Task<IReadOnlyList<BlockingTransaction>> ReadAsync(
        ReadTransaction read, int process, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand($"({SelectBlocking}) UNION ALL {SelectPrepared}");
        select.Bind(process);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var transactions = new List<BlockingTransaction>();
        while (await row.ReadAsync(cancellationToken))
            transactions.Add(Read(row));
        return transactions;
    }

    private static BlockingTransaction Read(NpgsqlDataReader row)
    {
        if (row.GetInt32(0) is not (> 0 and var process))
        {
            return new(
                row.GetString(1), $"the prepared transaction '{row.GetString(2)}', see pg_prepared_xacts");
        }

        var application = row.GetString(2) is { Length: > 0 } name ? name : "an unnamed application";
        // PostgreSQL shows the start of another user's query only to members of pg_read_all_stats.
        var since = row.IsDBNull(3)
            ? "at a time that needs the role pg_read_all_stats"
            : string.Create(CultureInfo.InvariantCulture, $"at {row.GetDateTime(3):yyyy-MM-dd HH:mm:ss} UTC");
        return new(
            row.IsDBNull(1) ? null : row.GetString(1),
            string.Create(
                CultureInfo.InvariantCulture,
                $"process {process} ({application}, whose query began {since})"));
    }

    private const string CountRunning =
        """
        SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'virtualxid' AND virtualtransaction = ANY ($1))
            + (SELECT count(*) FROM pg_prepared_xacts WHERE transaction::text = ANY ($1))
        """;

    /// <summary>Returns how many of the transactions have not ended.</summary>
    public static async Task<long> CountRunningAsync(
        ReadTransaction read,
        IEnumerable<BlockingTransaction> transactions,
        CancellationToken cancellationToken)
    {
        await using var count = read.CreateCommand(CountRunning);
        count.BindColumn(transactions, transaction => transaction.Id);
        return (long)(await count.ExecuteScalarAsync(cancellationToken))!;
    }
}
