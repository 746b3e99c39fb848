using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Knows whether the primary has this version's schema or still the schema of the version before. A statement
/// that differs between the two exists once for each. Safe for use by any number of threads.
/// </summary>
internal sealed class PostgresSchema(Cluster cluster)
{
    private readonly int _version = PostgresMigrations.Load().Count;
    private volatile bool _isCurrent;

    /// <summary>
    /// Whether the primary has this version's schema. The answer true is final, because migrations never
    /// remove anything. As long as the answer is false, each call reads the version again.
    /// </summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    /// <exception cref="StoreUnavailableException">The database has no schema.</exception>
    public async ValueTask<bool> IsCurrentAsync(CancellationToken cancellationToken)
    {
        if (_isCurrent)
            return true;
        try
        {
            var version = await PostgresMigrations.ReadVersionAsync(cluster, cancellationToken);
            return _isCurrent = version >= _version;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new StoreUnavailableException(
                "The database has no schema; run 'terse migrate'.", exception);
        }
    }

    /// <summary>Refuses a call that needs this version's schema.</summary>
    /// <param name="limitation">What the schema before cannot do; it follows the word "which".</param>
    /// <param name="cancellationToken">Cancels the read of the version.</param>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    /// <exception cref="StoreUnavailableException">
    /// The primary has the schema of the version before.
    /// </exception>
    public async ValueTask RequireCurrentAsync(string limitation, CancellationToken cancellationToken)
    {
        if (!await IsCurrentAsync(cancellationToken))
            throw PostgresErrors.OfEarlierSchema(limitation);
    }
}
