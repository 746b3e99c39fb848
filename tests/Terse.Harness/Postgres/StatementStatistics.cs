namespace Terse.Harness;

/// <summary>
/// Counts the statements that PostgreSQL hosts execute, with the extension <c>pg_stat_statements</c>.
/// </summary>
internal static class StatementStatistics
{
    /// <summary>Restarts all hosts with the extension, and waits until every replica has it.</summary>
    public static async Task EnableAsync(PostgresCluster postgres)
    {
        foreach (var host in postgres.Servers)
        {
            await host.ExecuteAsync("ALTER SYSTEM SET shared_preload_libraries = pg_stat_statements");
            await host.StopAsync();
            await host.StartAsync();
        }

        await postgres.Primary.ExecuteAsync("CREATE EXTENSION pg_stat_statements");
        foreach (var replica in postgres.Replicas)
        {
            await Eventually.IsTrueAsync(async () => await replica.ReadAsync(
                "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'") == 1);
        }
    }

    public static Task ResetAsync(PostgresServer host) =>
        host.ExecuteAsync("SELECT pg_stat_statements_reset()");

    /// <summary>
    /// Returns how often the host has executed statements whose text matches a regular expression.
    /// </summary>
    public static Task<long> CountAsync(PostgresServer host, string pattern) => host.ReadAsync(
        $"SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query ~ '{pattern}'");
}
