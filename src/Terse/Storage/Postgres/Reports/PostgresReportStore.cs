using Npgsql;
using Terse.Horizon;
using Terse.Links;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IReportStore"/>
internal sealed class PostgresReportStore(Cluster cluster, TimeProvider time) : IReportStore
{
    private const string Upsert =
        """
        INSERT INTO link_report AS r (link_id, domain, code, count, reasons, first_at, last_at)
        VALUES ($1, $2, $3, 1, CASE WHEN $4 IS NULL THEN '[]' ELSE jsonb_build_array($4) END, $5, $5)
        ON CONFLICT (link_id) DO UPDATE SET
            count = r.count + 1,
            last_at = greatest(r.last_at, excluded.last_at),
            reasons = CASE
                WHEN jsonb_array_length(r.reasons) < $6 THEN r.reasons || excluded.reasons
                ELSE r.reasons END
        """;

    /// <inheritdoc/>
    public Task AddAsync(SentReport report, CancellationToken cancellationToken) =>
        WriteAsync(report, AddAsync, cancellationToken);

    private static async Task<bool> AddAsync(
        WriteTransaction write, SentReport report, CancellationToken cancellationToken)
    {
        await using var upsert = write.CreateCommand(Upsert);
        upsert.Bind(report.LinkId);
        upsert.Bind(report.Name.Domain);
        upsert.Bind(report.Name.Code);
        upsert.Bind(report.Reason);
        upsert.Bind(report.At);
        upsert.Bind(LinkReport.MaxReasons);
        await upsert.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private const string Columns = "id, domain, code, count, reasons::text, first_at, last_at";

    private const string SelectPage =
        $"""
        SELECT {Columns} FROM link_report WHERE (last_at, id) < ($1, $2)
        ORDER BY last_at DESC, id DESC LIMIT $3
        """;

    private const string SelectOne = $"SELECT {Columns} FROM link_report WHERE id = $1";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LinkReport>> ListAsync(
        ListPosition? before, int limit, CancellationToken cancellationToken) =>
        await ReadAsync(
            SelectPage,
            select =>
            {
                select.Bind(before is { } position
                    ? DateTimeOffset.FromUnixTimeMilliseconds(position.Rank)
                    : DateTimeOffset.MaxValue);
                select.Bind(before?.Id ?? long.MaxValue);
                select.Bind(limit);
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<LinkReport?> FindAsync(long id, CancellationToken cancellationToken) =>
        (await ReadAsync(SelectOne, select => select.Bind(id), cancellationToken)).SingleOrDefault();

    private const string Delete = "DELETE FROM link_report WHERE id = $1";

    /// <inheritdoc/>
    public Task<bool> CloseAsync(long id, CancellationToken cancellationToken) =>
        WriteAsync(id, CloseAsync, cancellationToken);

    private static async Task<bool> CloseAsync(
        WriteTransaction write, long id, CancellationToken cancellationToken)
    {
        await using var delete = write.CreateCommand(Delete);
        delete.Bind(id);
        return await delete.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <returns>No reports if the database has the schema of the version before.</returns>
    private async Task<List<LinkReport>> ReadAsync(
        string sql, Action<NpgsqlCommand> bind, CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => cluster.ReadAsync(
                    ConnectionShare.Nodes, Freshness.Latest, (sql, bind), ReadAsync, token),
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            return [];
        }
    }

    private static async Task<List<LinkReport>> ReadAsync(
        ReadTransaction read,
        (string Sql, Action<NpgsqlCommand> Bind) query,
        CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(query.Sql);
        query.Bind(select);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var reports = new List<LinkReport>();
        while (await row.ReadAsync(cancellationToken))
            reports.Add(ReadReport(row));
        return reports;
    }

    private static LinkReport ReadReport(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        new(row.GetString(1), row.GetString(2)),
        row.GetInt64(3),
        LinkReport.ReadReasons(row.GetString(4)),
        row.GetFieldValue<DateTimeOffset>(5),
        row.GetFieldValue<DateTimeOffset>(6));

    private Task<bool> WriteAsync<TArgument>(
        TArgument argument,
        Func<WriteTransaction, TArgument, CancellationToken, Task<bool>> work,
        CancellationToken cancellationToken) =>
        PostgresNewTables.WriteAsync(cluster, argument, work, "has no reports", time, cancellationToken);
}
