using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>Reads and writes of the tables of visits, which are no links: no horizon guards them.</summary>
internal sealed class PostgresVisitTransactions(Cluster cluster, TimeProvider time)
{
    /// <summary>Nobody waits for a write with an answer; one that is given up on is done again.</summary>
    private static readonly TimeSpan WritePatience = TimeSpan.FromSeconds(30);

    /// <summary>Reads what a replica has, or the primary where there is none.</summary>
    /// <exception cref="StoreUnavailableException">No host can be read.</exception>
    public Task<TResult> ReadAsync<TArgument, TResult>(
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        TranslateAsync(PostgresErrors.WithTimeoutAsync(
            token => cluster.ReadAsync(Freshness.Any, argument, work, token), time, cancellationToken));

    /// <summary>Writes in a transaction on the primary.</summary>
    /// <exception cref="StoreUnavailableException">Whether it was written is unknown.</exception>
    public Task<TResult> WriteAsync<TArgument, TResult>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        TranslateAsync(PostgresErrors.WithTimeoutAsync(
            WritePatience,
            token => cluster.WriteAsync(argument, work, token),
            time,
            cancellationToken));

    /// <summary>A command of a write, which may take longer than one that somebody waits for.</summary>
    public static NpgsqlCommand CreateCommand(WriteTransaction write, string sql)
    {
        var command = write.CreateCommand(sql);
        command.CommandTimeout = (int)WritePatience.TotalSeconds;
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
                $"PostgreSQL refuses visits with {exception.SqlState}.", exception);
        }
    }
}
