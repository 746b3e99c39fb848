using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Knows which links are erased, so that no visit of them is stored any more, however late a server sends it.
/// </summary>
/// <remarks>
/// A transaction that stores visits first takes a lock in shared mode until its end, and then reads which
/// links are erased. A transaction that deletes the visits of an erased link takes the same lock in exclusive
/// mode. So each transaction that stores visits either ends before the deletion, which then finds its visits,
/// or reads after the deletion began that the link is erased, and stores none.
/// </remarks>
internal static class PostgresErasedLinks
{
    /// <summary>
    /// Waits for all transactions that store visits. The number of the lock is "VISITERA" in ASCII.
    /// </summary>
    public const string LockAll = "SELECT pg_advisory_xact_lock(x'5649534954455241'::bigint)";

    /// <summary>Waits for a transaction that has taken <see cref="LockAll"/>.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock_shared(x'5649534954455241'::bigint)";

    /// <summary>
    /// A statement of its own, because its snapshot must be taken after the lock was taken.
    /// </summary>
    private const string SelectErased = "SELECT link_id FROM erased_link WHERE link_id = ANY ($1)";

    /// <summary>Returns which of the links are erased.</summary>
    /// <param name="write">The transaction that stores visits of the links.</param>
    /// <param name="totals">The links, with the numbers of their visits.</param>
    /// <param name="cancellationToken">Cancels the statements.</param>
    public static async Task<HashSet<long>> FindAsync(
        WriteTransaction write,
        IReadOnlyList<KeyValuePair<long, VisitSum>> totals,
        CancellationToken cancellationToken)
    {
        if (totals.Count == 0)
            return [];
        await using (var locking = PostgresVisitTransactions.CreateCommand(write, Lock))
            await locking.ExecuteNonQueryAsync(cancellationToken);
        await using var select = PostgresVisitTransactions.CreateCommand(write, SelectErased);
        select.BindColumn(totals, total => total.Key);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var erased = new HashSet<long>();
        while (await row.ReadAsync(cancellationToken))
            erased.Add(row.GetInt64(0));
        return erased;
    }
}
