using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Translates errors of PostgreSQL hosts for the rest of Terse. The translated message contains neither the
/// name of the host nor its error text: both belong in the log alone.
/// </summary>
internal static class PostgresErrors
{
    /// <summary>How long a client waits for an answer, all attempts on lost hosts included.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static StoreUnavailableException Translate(HostUnavailableException exception) =>
        new("The database cannot be reached; retry shortly.", exception);

    /// <summary>Whether a statement failed because the schema is that of an earlier version.</summary>
    public static bool IsOfEarlierSchema(PostgresException exception) => exception.SqlState
        is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn;

    /// <param name="limitation">What that schema cannot do; it follows the word "which".</param>
    /// <param name="exception">The error of the database, if any.</param>
    public static StoreUnavailableException OfEarlierSchema(
        string limitation, PostgresException? exception = null) =>
        new(
            $"The database has the schema of an earlier version, which {limitation}; run 'terse migrate'.",
            exception!);

    /// <summary>Runs a call that a client waits for, with <see cref="Timeout"/> as its limit.</summary>
    public static Task<T> WithTimeoutAsync<T>(
        Func<CancellationToken, Task<T>> call, TimeProvider time, CancellationToken cancellationToken) =>
        WithTimeoutAsync(Timeout, call, time, cancellationToken);

    /// <summary>
    /// Runs a call with a time limit, and translates its errors. The method returns at the limit even when
    /// the driver ignores the token.
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
