using Npgsql;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>Changes tables that the schema of the version before lacks.</summary>
internal static class PostgresNewTables
{
    /// <summary>Runs a transaction that a client waits for.</summary>
    /// <param name="cluster">Contains the primary.</param>
    /// <param name="argument">Passed to <paramref name="work"/>.</param>
    /// <param name="work">The transaction.</param>
    /// <param name="limitation">
    /// What the schema of the version before cannot do (<see cref="PostgresErrors.OfEarlierSchema"/>).
    /// </param>
    /// <param name="time">The clock that measures the time limit.</param>
    /// <param name="cancellationToken">Cancels the wait; the transaction may still be committed.</param>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the transaction was committed, or the database has no such table.
    /// </exception>
    public static async Task<TResult> WriteAsync<TArgument, TResult>(
        Cluster cluster,
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        string limitation,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => cluster.WriteAsync(ConnectionShare.Nodes, argument, work, token),
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema(limitation, exception);
        }
    }
}
