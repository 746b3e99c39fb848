using Npgsql;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <summary>
/// Reports whether the primary's schema can store the rules of links (an expiry time, a maximum number of
/// visits) and changes of links. The schema of the previous Terse version cannot store them. Where the two
/// schemas need different SQL, the code has one statement per schema, and this class decides which statement
/// runs. Safe for use by any number of threads.
/// </summary>
internal sealed class PostgresSchema(Cluster cluster)
{
    /// <summary>
    /// The schema version that <c>0003-changes-and-visits.sql</c> creates. The horizon's own migration counts
    /// as version 1.
    /// </summary>
    private const int VersionWithRules = 4;

    private volatile bool _hasRules;

    /// <summary>
    /// Whether the primary's schema has the columns for rules. The result true is cached, because migrations
    /// never remove columns. After a false result, the next call reads the schema version again.
    /// </summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    /// <exception cref="StoreUnavailableException">The database has no schema.</exception>
    public async ValueTask<bool> HasRulesAsync(CancellationToken cancellationToken)
    {
        if (_hasRules)
            return true;
        try
        {
            var version = await PostgresMigrations.ReadVersionAsync(
                cluster, Freshness.Latest, cancellationToken);
            return _hasRules = version >= VersionWithRules;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            throw new StoreUnavailableException(
                "The database has no schema; run 'terse migrate'.", exception);
        }
    }

    /// <summary>Throws an exception if the link has rules but the schema cannot store rules.</summary>
    /// <inheritdoc cref="RequireRulesAsync(CancellationToken)"/>
    public ValueTask RequireRulesAsync(Link link, CancellationToken cancellationToken) =>
        link.ExpiresAt is null && link.MaxVisits is null ? default : RequireRulesAsync(cancellationToken);

    /// <summary>Throws an exception if the schema cannot store rules and changes.</summary>
    /// <exception cref="HostUnavailableException">The primary cannot be reached.</exception>
    /// <exception cref="StoreUnavailableException">
    /// The primary has the schema of an earlier version, or no schema.
    /// </exception>
    public async ValueTask RequireRulesAsync(CancellationToken cancellationToken)
    {
        if (!await HasRulesAsync(cancellationToken))
            throw PostgresErrors.OfEarlierSchema(Limitation);
    }

    /// <summary>
    /// Handles a statement that failed because the schema lacks a table or a column. A cached result of
    /// <see cref="HasRulesAsync"/> is then wrong, because the primary was replaced by a host without the last
    /// migration or by a restored backup. The next call of <see cref="HasRulesAsync"/> reads the schema
    /// version again.
    /// </summary>
    /// <returns>The exception to throw.</returns>
    public StoreUnavailableException OnMissingColumn(PostgresException exception)
    {
        _hasRules = false;
        return PostgresErrors.OfEarlierSchema(Limitation, exception);
    }

    private const string Limitation = "cannot store rules and changes of links";
}
