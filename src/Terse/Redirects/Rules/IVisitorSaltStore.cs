using Terse.Hosting;

namespace Terse.Redirects;

/// <summary>
/// Shares the salts of <see cref="VisitorShare"/> among all servers, each for a day. Implementations are safe
/// for use by any number of threads.
/// </summary>
internal interface IVisitorSaltStore
{
    /// <summary>
    /// Stores salts for today and for tomorrow (UTC), unless the store has salts for these days already, and
    /// deletes the salts of all earlier days. The clock of the store decides which day it is.
    /// </summary>
    /// <param name="today">A new random salt.</param>
    /// <param name="tomorrow">Another new random salt.</param>
    /// <param name="cancellationToken">Cancels the wait; the salts may still be stored.</param>
    /// <returns>The stored salts of today and of tomorrow, which are the same for all servers.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<IReadOnlyList<DailySalt>> ShareAsync(
        byte[] today, byte[] tomorrow, CancellationToken cancellationToken);
}

/// <param name="Day">The number of the day since 1970, in UTC.</param>
/// <param name="Salt">Random bytes.</param>
internal sealed record DailySalt(int Day, byte[] Salt)
{
    public static int DayOf(DateTimeOffset instant) =>
        (int)Math.Floor(instant.ToUnixTimeMilliseconds() / 86_400_000.0);
}
