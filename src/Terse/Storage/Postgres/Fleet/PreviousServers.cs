using Npgsql;
using Terse.Fleet;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <summary>
/// Finds running servers of the previous version of Terse. Each server of this version stores the version of
/// its schema in its row of the table <c>server</c>, together with its start time. A server of the previous
/// version that starts later under the same name leaves the schema version as it is, but has another start
/// time.
/// </summary>
internal sealed class PreviousServers(Cluster cluster)
{
    private const string SelectPrevious =
        """
        SELECT EXISTS (
            SELECT FROM server
            WHERE seen_at >= clock_timestamp() - $1
                AND (schema_version >= $2 AND schema_since = since) IS NOT TRUE)
        """;

    /// <param name="subject">
    /// What a server of the previous version would not know: <c>link</c> or <c>domain</c>.
    /// </param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <exception cref="StoreUnavailableException">
    /// A server of the previous version runs, or the database still has the schema of that version.
    /// </exception>
    public async Task<bool> AssertNoneRunsAsync(string subject, CancellationToken cancellationToken)
    {
        try
        {
            var isAnyRunning = await cluster.ReadAsync(
                ConnectionShare.Creations,
                Freshness.Latest,
                argument: 0,
                IsAnyRunningAsync,
                cancellationToken);
            if (!isAnyRunning)
                return true;
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema($"cannot store this {subject}", exception);
        }

        throw new StoreUnavailableException(
            $"A server of the previous version is running and would answer requests for this {subject} "
            + "wrongly; retry when all servers are updated.");
    }

    private static async Task<bool> IsAnyRunningAsync(
        ReadTransaction read, int argument, CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectPrevious);
        select.Bind(IFleetStore.RetentionTime);
        select.Bind(PostgresMigrations.SchemaVersion);
        return (bool)(await select.ExecuteScalarAsync(cancellationToken))!;
    }
}
