using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <summary>
/// Finds out what the migrations would do, from their text and from the sizes of the tables in the catalog.
/// </summary>
internal static class PostgresMigrationPlan
{
    /// <exception cref="Hosting.StoreUnavailableException">The primary cannot be reached.</exception>
    public static async Task<MigrationPlan> ReadAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await cluster.ReadAsync(
                ConnectionShare.Nodes,
                Freshness.Latest,
                argument: 0,
                static (read, _, token) => ReadRowsAsync(read, token),
                cancellationToken);
            var version = rows.ContainsKey("schema_version")
                ? await PostgresMigrations.ReadVersionAsync(cluster, Freshness.Latest, cancellationToken)
                : 0;
            return MigrationPlan.Of(version, PostgresMigrations.LoadFiles(), rows);
        }
        catch (HostUnavailableException exception)
        {
            throw PostgresErrors.Translate(exception);
        }
    }

    /// <summary>The number of rows is -1 before the first ANALYZE.</summary>
    private const string SelectRows =
        """
        SELECT relname, greatest(reltuples, 0)::bigint
        FROM pg_class
        WHERE relkind IN ('r', 'p', 'v') AND relnamespace = current_schema()::regnamespace
        """;

    private static async Task<Dictionary<string, long>> ReadRowsAsync(
        ReadTransaction read, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var select = read.CreateCommand(SelectRows);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            rows.Add(row.GetString(0), row.GetInt64(1));
        return rows;
    }
}
