using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// What the rest of Terse is told of lost hosts; their names and what they said are for the log alone.
/// </summary>
internal static class PostgresErrors
{
    public static StoreUnavailableException Translate(HostUnavailableException exception) =>
        new("The database cannot be reached at present.", exception);

    /// <summary>A call, given up on after a while whatever the driver does.</summary>
    public static async Task<T> WithinAsync<T>(
        Task<T> call, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException("The database takes too long at present.", exception);
        }
        catch (HostUnavailableException exception)
        {
            throw Translate(exception);
        }
    }
}
