using Npgsql;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>
/// Runs transactions on the tables of events and deliveries. Translates database errors into
/// <see cref="Hosting.StoreUnavailableException"/>.
/// </summary>
/// <remarks>
/// Writes share the connection of visits. Most of them run in the background. A client that changes a webhook
/// waits at most for a batch of visits or deliveries. Reads of many rows use the connection of reports.
/// </remarks>
internal sealed class PostgresEventTransactions(Cluster cluster, TimeProvider time)
{
    /// <summary>
    /// The time limit of a write. It is long, because a replay changes thousands of deliveries.
    /// </summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Reads, within the time that a client waits.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// No host answered in time, or the database has the schema of the version before.
    /// </exception>
    public Task<TResult> ReadAsync<TArgument, TResult>(
        Freshness freshness,
        TArgument argument,
        Func<ReadTransaction, TArgument, CancellationToken, Task<TResult>> work,
        CancellationToken cancellationToken) =>
        TranslateAsync(PostgresErrors.WithTimeoutAsync(
            token => cluster.ReadAsync(ConnectionShare.Reports, freshness, argument, work, token),
            time,
            cancellationToken));

    /// <summary>Runs a transaction on the primary.</summary>
    /// <exception cref="Hosting.StoreUnavailableException">
    /// It is unknown whether the transaction was committed, or the database has the schema of the version
    /// before.
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

    /// <summary>
    /// The columns of a statement that makes PostgreSQL look up each row of the next statements in an index.
    /// A scan of a whole table is never faster when a million deliveries wait, but PostgreSQL does not know
    /// how few rows a statement needs. Plans without the other ways seem expensive, so PostgreSQL would
    /// compile them.
    /// </summary>
    public const string UseIndexes =
        """
        set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
        """;

    /// <inheritdoc cref="UseIndexes"/>
    public static async Task UseIndexesAsync(WriteTransaction write, CancellationToken cancellationToken)
    {
        await using var set = write.CreateCommand($"SELECT {UseIndexes}");
        await set.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<T> TranslateAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema("has no events", exception);
        }
        catch (TimeoutException exception)
        {
            throw new Hosting.StoreUnavailableException(
                "The database did not answer in time; retry shortly.", exception);
        }
    }
}
