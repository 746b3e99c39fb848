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
    /// <summary>Whether another Terse server is migrating. Then the migration has locked no table.</summary>
    public bool IsOfOtherServer { get; init; }

    /// <summary>
    /// Whether nothing shows when the migration can succeed. Each attempt may stop all statements on a table
    /// for half a second, so attempts must then become rare.
    /// </summary>
    public bool IsUnknown => !IsOfOtherServer && Transactions.All(transaction => transaction.Id is null);

    /// <summary>The text that follows "waits for" in a message.</summary>
    public string Description => Transactions.Count == 0
        ? "another server that migrates the database, or a transaction that has just ended"
        : string.Join(", ", Transactions.Select(transaction => transaction.Description));

    /// <summary>
    /// Waits until the transactions have ended, but at least for the pause. Nothing waits behind this method,
    /// because it requests no lock on a table.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The primary cannot be reached.</exception>
    public async Task WaitAsync(
        Cluster cluster, TimeProvider time, TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            do
                await Task.Delay(pause, time, cancellationToken);
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
