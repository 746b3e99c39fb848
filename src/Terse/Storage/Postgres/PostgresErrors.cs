using Npgsql;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Storage.Moves;

namespace Terse.Storage.Postgres;

/// <summary>
/// Translates errors of PostgreSQL hosts into <see cref="StoreUnavailableException"/>, which the rest of
/// Terse handles. The translated message contains neither the name of the host nor the error text of the
/// host, because clients can read the message. Such details belong only in the log.
/// </summary>
internal static class PostgresErrors
{
    /// <summary>
    /// The time limit of a database call that a client waits for. The limit covers all attempts of the call,
    /// including attempts on hosts that cannot be reached.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static StoreUnavailableException Translate(HostUnavailableException exception) =>
        new(
            IsMoved(exception) ? MoveTexts.Refusal : "The database cannot be reached; retry shortly.",
            exception)
        {
            IsPrimaryLost = exception.IsHostLost,
        };

    private static bool IsMoved(HostUnavailableException exception) =>
        exception.InnerException is PostgresException { SqlState: PostgresMoveMark.ClosedState };

    /// <summary>
    /// Whether a statement failed because the database still has the schema of an earlier version.
    /// </summary>
    public static bool IsOfEarlierSchema(PostgresException exception) => exception.SqlState
        is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn;

    /// <summary>
    /// Whether PostgreSQL rolled a statement back because of one of its rows: the row is invalid, or another
    /// transaction has locked it.
    /// </summary>
    public static bool MayBeOfOneCall(Exception exception) =>
        exception is PostgresException
        || exception is HostUnavailableException
        {
            InnerException: PostgresException
            {
                SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
            },
        };

    /// <param name="limitation">
    /// A verb phrase that says what the earlier schema cannot do, for example "keeps no visits". The error
    /// message inserts the phrase after the word "which".
    /// </param>
    /// <param name="exception">The error with which PostgreSQL rejected the statement.</param>
    public static StoreUnavailableException OfEarlierSchema(string limitation, PostgresException exception) =>
        new(
            $"The database has the schema of an earlier version, which {limitation}; run 'terse migrate'.",
            exception)
        {
            IsOfEarlierSchema = true,
        };

    /// <summary>
    /// Runs a database call that a client waits for. The time limit is <see cref="Timeout"/>.
    /// </summary>
    public static Task<T> WithTimeoutAsync<T>(
        Func<CancellationToken, Task<T>> call, TimeProvider time, CancellationToken cancellationToken) =>
        WithTimeoutAsync(Timeout, call, time, cancellationToken);

    /// <summary>
    /// Runs a database call with a time limit, and translates <see cref="HostUnavailableException"/>. When
    /// the limit is reached, the method throws a <see cref="StoreUnavailableException"/>, even if the driver
    /// ignores the cancellation token and the call still runs.
    /// </summary>
    public static async Task<T> WithTimeoutAsync<T>(
        TimeSpan limit,
        Func<CancellationToken, Task<T>> call,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            return await Deadline.RunAsync(
                limit,
                token => call(token).WaitAsync(token),
                exception => new StoreUnavailableException(
                    "The database did not answer in time; retry shortly.", exception),
                time,
                cancellationToken);
        }
        catch (HostUnavailableException exception)
        {
            throw Translate(exception);
        }
    }
}
