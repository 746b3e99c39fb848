using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Runs transactions on the tables of visits, with time limits and translated errors. The horizon does not
/// guard these tables.
/// </summary>
internal sealed class PostgresVisitTransactions(Cluster cluster, TimeProvider time)
{
    /// <summary>
    /// Writes run in the background, so a long limit is fine. A write after a timeout is repeated.
    /// </summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Reads from a replica, or from the primary if no replica is available.</summary>
    /// <exception cref="StoreUnavailableException">No host can be read.</exception>
    public Task<TResult> ReadAsync<TArgument, TResult>(
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        TranslateAsync(PostgresErrors.WithTimeoutAsync(
            token => cluster.ReadAsync(Freshness.Any, argument, work, token), time, cancellationToken));

    /// <summary>Writes in a transaction on the primary.</summary>
    /// <exception cref="StoreUnavailableException">The transaction may have been committed.</exception>
    public Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        TranslateAsync(PostgresErrors.WithTimeoutAsync(
            WriteTimeout,
            token => cluster.WriteAsync(argument, work, token),
            time,
            cancellationToken));

    /// <summary>Creates a command with the time limit of a write.</summary>
    public static NpgsqlCommand CreateCommand(WriteTransaction write, string sql)
    {
        var command = write.CreateCommand(sql);
        command.CommandTimeout = (int)WriteTimeout.TotalSeconds;
        return command;
    }

    private static async Task<T> TranslateAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema("keeps no visits", exception);
        }
        catch (PostgresException exception) when (exception.SqlState != PostgresErrorCodes.CheckViolation)
        {
            throw new StoreUnavailableException(
                $"PostgreSQL refused visits with the error {exception.SqlState}.", exception);
        }
    }
}
