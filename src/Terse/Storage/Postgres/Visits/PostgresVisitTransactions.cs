using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Runs transactions on the visit tables, with a time limit. Translates database errors into
/// <see cref="StoreUnavailableException"/>. A read may return outdated counts, because the horizon does not
/// cover the visit tables and nothing shows that a replica lacks the newest visits.
/// </summary>
internal sealed class PostgresVisitTransactions(Cluster cluster, TimeProvider time)
{
    /// <summary>
    /// The time limit of a write transaction. The limit is long, because writes run in the background and no
    /// client waits for them. The caller repeats a write after a timeout.
    /// </summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Reads from a replica, or from the primary if no replica is available.</summary>
    /// <exception cref="StoreUnavailableException">
    /// No host answered in time, or PostgreSQL reported an error.
    /// </exception>
    public Task<TResult> ReadAsync<TArgument, TResult>(
        ConnectionShare share,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        TranslateAsync(PostgresErrors.WithTimeoutAsync(
            token => cluster.ReadAsync(share, Freshness.Any, argument, work, token),
            time,
            cancellationToken));

    /// <summary>Runs a transaction on the primary.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The transaction failed, or its outcome is unknown: the transaction may have been committed.
    /// </exception>
    /// <exception cref="PostgresException">
    /// The table <c>visit</c> has no partition for the day of a visit (SQLSTATE 23514).
    /// </exception>
    public Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        TranslateAsync(PostgresErrors.WithTimeoutAsync(
            WriteTimeout,
            token => cluster.WriteAsync(ConnectionShare.Visits, argument, work, token),
            time,
            cancellationToken));

    /// <summary>Creates a command whose timeout is the time limit of a write.</summary>
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
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException(
                "The report took too long; retry with a shorter time range.", exception);
        }
        catch (PostgresException exception) when (exception.SqlState != PostgresErrorCodes.CheckViolation)
        {
            throw new StoreUnavailableException(
                $"PostgreSQL refused visits with the error {exception.SqlState}.", exception);
        }
    }
}
