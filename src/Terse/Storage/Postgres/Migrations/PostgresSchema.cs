using Npgsql;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Reports whether the primary has the schema of this Terse version or still the schema of the version
/// before. Where the two schemas need different SQL, the code has one statement per schema, and this class
/// decides which of the two runs. Safe for use by any number of threads.
/// </summary>
internal sealed class PostgresSchema(Cluster cluster)
{
    private readonly int _version = PostgresMigrations.Load().Count;
    private volatile bool _isCurrent;

    /// <summary>
    /// Whether the primary has at least the schema of this Terse version. The result true is cached, because
    /// migrations never remove tables or columns. After a false result, the next call reads the schema
    /// version again.
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

    /// <summary>
    /// Throws an exception if the primary still has the schema of an earlier Terse version.
    /// </summary>
    /// <param name="limitation">
    /// A verb phrase that says what the earlier schema cannot do, for example "keeps no visits". The error
    /// message inserts the phrase after the word "which".
    /// </param>
    /// <param name="cancellationToken">Cancels the read of the version.</param>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    /// <exception cref="StoreUnavailableException">
    /// The primary has the schema of an earlier version, or no schema.
    /// </exception>
    public async ValueTask RequireCurrentAsync(string limitation, CancellationToken cancellationToken)
    {
        if (!await IsCurrentAsync(cancellationToken))
            throw PostgresErrors.OfEarlierSchema(limitation);
    }
}
