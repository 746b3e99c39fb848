using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// What the rest of Terse is told of lost hosts; their names and what they said are for the log alone.
/// </summary>
internal static class PostgresErrors
{
    /// <summary>How long an answer may take, all waiting for hosts that are lost included.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static StoreUnavailableException Translate(HostUnavailableException exception) =>
        new("The database cannot be reached at present.", exception);

    /// <summary>Whether a statement needs what the schema of an earlier version does not have.</summary>
    public static bool IsOfEarlierSchema(PostgresException exception) => exception.SqlState
        is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn;

    /// <param name="lack">What that schema does not do, to be read after "which".</param>
    /// <param name="exception">What the database said.</param>
    public static StoreUnavailableException OfEarlierSchema(string lack, PostgresException exception) =>
        new($"The database has an earlier version's schema, which {lack}; run 'terse migrate'.", exception);

    /// <summary>A call, given up on after a while whatever the driver does.</summary>
    public static Task<T> WithinPatienceAsync<T>(
        Func<CancellationToken, Task<T>> call, TimeProvider time, CancellationToken cancellationToken) =>
        WithinAsync(Patience, call, time, cancellationToken);

    /// <summary>A call that nobody waits for with an answer, and that may take longer.</summary>
    public static async Task<T> WithinAsync<T>(
        TimeSpan limit,
        Func<CancellationToken, Task<T>> call,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await call(either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException("The database takes too long at present.", exception);
        }
        catch (HostUnavailableException exception)
        {
            throw Translate(exception);
        }
    }
}
