using Npgsql;
using Terse.Fleet;
using Terse.Horizon;
using Terse.Hosting;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IFleetStore"/>
/// <remarks>
/// Each Terse server regularly stores the current time of the primary's clock in its own row. A query for the
/// list of servers compares these times with the horizon on the queried host, and not with a clock. So the
/// clocks of other hosts do not matter. While the primary is unavailable, the horizon does not move, and no
/// server disappears from the list.
/// </remarks>
internal sealed class PostgresFleetStore(Cluster cluster, TimeProvider time) : IFleetStore
{
    /// <summary>How long reports lack the newest columns after the database had no such columns.</summary>
    private static readonly TimeSpan EarlierSchemaTime = TimeSpan.FromMinutes(1);

    /// <summary>
    /// When the database was last found to have the schema of the version before, by
    /// <see cref="TimeProvider.GetTimestamp"/>; null if it was not.
    /// </summary>
    private long? _earlierSchemaAt;

    /// <inheritdoc/>
    public IReadOnlyList<FleetHost> Hosts => PostgresFleetHosts.Show(cluster);

    /// <summary>
    /// The schema of the version before lacks some columns. A row as JSON has what the schema has, on
    /// a replica that lags behind the migration, too.
    /// </summary>
    private const string SelectServers =
        """
        SELECT s.name, s.node, s.zone, s.version, s.configuration, to_jsonb(s) ->> 'metrics_url',
            to_jsonb(s) ->> 'shared_configuration', s.since, s.seen_at
        FROM server AS s, horizon AS h
        WHERE s.seen_at >= h.closed_at - $1
        ORDER BY s.name
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken) =>
        WithinAsync(
            token => cluster.ReadAsync(
                ConnectionShare.Nodes, Freshness.Any, IFleetStore.RetentionTime, ReadAsync, token),
            cancellationToken);

    private static async Task<IReadOnlyList<FleetServer>> ReadAsync(
        ReadTransaction read, TimeSpan shownFor, CancellationToken cancellationToken)
    {
        var servers = new List<FleetServer>();
        await using var select = read.CreateCommand(SelectServers);
        select.Bind(shownFor);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            servers.Add(ReadServer(row));
        return servers;
    }

    private static FleetServer ReadServer(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.IsDBNull(1) ? null : row.GetInt32(1),
        row.IsDBNull(2) ? null : row.GetString(2),
        row.GetString(3),
        row.GetString(4),
        row.IsDBNull(5) ? null : row.GetString(5),
        FleetConfiguration.Parse(row.IsDBNull(6) ? null : row.GetString(6)),
        row.GetDateTime(7),
        row.GetDateTime(8));

    /// <summary>
    /// Stores the row of this Terse server, and deletes the expired rows of other Terse servers. The
    /// statement skips rows that another transaction has locked, so that two Terse servers do not wait for
    /// each other. Servers of the version with schema 5 read <c>schema_version</c> and <c>schema_since</c>:
    /// they refuse some links while a server runs that does not write them.
    /// </summary>
    private static string UpsertOf(string columns, string values, string changes) =>
        $"""
        WITH removed AS (
            DELETE FROM server WHERE name IN (
                SELECT name FROM server WHERE seen_at < clock_timestamp() - $7 AND name <> $1
                FOR UPDATE SKIP LOCKED))
        , started AS (SELECT coalesce($6, clock_timestamp()) AS since)
        INSERT INTO server (
            name, node, zone, version, configuration, since, seen_at, schema_version, schema_since{columns})
        SELECT $1, $2, $3, $4, $5, since, clock_timestamp(), $8, since{values} FROM started
        ON CONFLICT (name) DO UPDATE SET
            node = excluded.node, zone = excluded.zone, version = excluded.version,
            configuration = excluded.configuration, since = excluded.since,
            seen_at = excluded.seen_at, schema_version = excluded.schema_version,
            schema_since = excluded.schema_since{changes}
        RETURNING since
        """;

    private static readonly string UpsertServer =
        UpsertOf(
            ", metrics_url, shared_configuration",
            ", $9, $10",
            ", metrics_url = excluded.metrics_url, shared_configuration = excluded.shared_configuration");

    /// <summary>The statement for the schema of the version before.</summary>
    private static readonly string UpsertServerEarlier = UpsertOf("", "", "");

    /// <inheritdoc/>
    public async Task<DateTimeOffset> ReportAsync(
        ServerReport report, CancellationToken cancellationToken)
    {
        if (_earlierSchemaAt is { } at && time.GetElapsedTime(at) < EarlierSchemaTime)
            return await ReportAsync(report, isCurrent: false, cancellationToken);
        try
        {
            var since = await ReportAsync(report, isCurrent: true, cancellationToken);
            _earlierSchemaAt = null;
            return since;
        }
        catch (StoreUnavailableException exception)
            when (exception.InnerException is PostgresException inner
                && PostgresErrors.IsOfEarlierSchema(inner))
        {
            _earlierSchemaAt = time.GetTimestamp();
            return await ReportAsync(report, isCurrent: false, cancellationToken);
        }
    }

    private Task<DateTimeOffset> ReportAsync(
        ServerReport report, bool isCurrent, CancellationToken cancellationToken) =>
        WithinAsync(
            token => cluster.WriteStatementAsync(
                ConnectionShare.Nodes, (report, isCurrent), ReportAsync, token),
            cancellationToken);

    private static async Task<DateTimeOffset> ReportAsync(
        WriteTransaction write,
        (ServerReport Report, bool IsCurrent) argument,
        CancellationToken cancellationToken)
    {
        var (report, isCurrent) = argument;
        await using var upsert = write.CreateCommand(isCurrent ? UpsertServer : UpsertServerEarlier);
        upsert.Bind(report.Name);
        upsert.Bind(report.Node);
        upsert.Bind(report.Zone);
        upsert.Bind(report.Version);
        upsert.Bind(report.Configuration);
        upsert.Bind(report.Since);
        upsert.Bind(IFleetStore.RetentionTime);
        upsert.Bind(PostgresMigrations.SchemaVersion);
        if (isCurrent)
        {
            upsert.Bind(report.MetricsUrl);
            upsert.Bind(report.SharedConfiguration?.ToText());
        }

        return new((DateTime)(await upsert.ExecuteScalarAsync(cancellationToken))!);
    }

    private const string DeleteServer = "DELETE FROM server WHERE name = $1 AND since = $2";

    /// <inheritdoc/>
    public Task RemoveAsync(ServerReport report, CancellationToken cancellationToken) =>
        WithinAsync(
            token => cluster.WriteStatementAsync(ConnectionShare.Nodes, report, RemoveAsync, token),
            cancellationToken);

    private static async Task<int> RemoveAsync(
        WriteTransaction write, ServerReport report, CancellationToken cancellationToken)
    {
        await using var delete = write.CreateCommand(DeleteServer);
        delete.Bind(report.Name);
        delete.Bind(report.Since);
        return await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<T> WithinAsync<T>(
        Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(call, time, cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw new StoreUnavailableException(
                $"PostgreSQL refused the list of servers with SQLSTATE {exception.SqlState}.", exception);
        }
    }
}
