using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>Why a migration had to give way.</summary>
/// <param name="Transactions">
/// The transactions that hold a lock that the migration needs; empty if another Terse server is migrating, or
/// if the transactions ended before they could be read.
/// </param>
internal sealed record MigrationBlock(IReadOnlyList<BlockingTransaction> Transactions)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The text that follows "waits for" in a message.</summary>
    public string Description => Transactions.Count == 0
        ? "another server that migrates the database, or a transaction that has just ended"
        : string.Join(", ", Transactions.Select(transaction => transaction.Description));

    /// <summary>
    /// Waits until the transactions have ended, but at least one second. Nothing waits behind this method,
    /// because it requests no lock on a table.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public async Task WaitAsync(Cluster cluster, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            do
                await Task.Delay(Interval, time, cancellationToken);
            while (await CountRunningAsync(cluster, cancellationToken) > 0);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
    }

    private Task<long> CountRunningAsync(Cluster cluster, CancellationToken cancellationToken) =>
        cluster.ReadAsync(
            ConnectionShare.Nodes,
            Freshness.Latest,
            Transactions,
            BlockingTransaction.CountRunningAsync,
            cancellationToken);
}
