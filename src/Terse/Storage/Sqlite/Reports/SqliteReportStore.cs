using Microsoft.Data.Sqlite;
using Terse.Links;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IReportStore"/>
internal sealed class SqliteReportStore(SqliteWriter writer, SqliteReaders readers) : IReportStore
{
    private const string Upsert =
        """
        INSERT INTO link_report (link_id, domain, code, count, reasons, first_at, last_at)
        VALUES (?1, ?2, ?3, 1, CASE WHEN ?4 IS NULL THEN '[]' ELSE json_array(?4) END, ?5, ?5)
        ON CONFLICT (link_id) DO UPDATE SET
            count = count + 1,
            last_at = max(last_at, excluded.last_at),
            reasons = CASE
                WHEN ?4 IS NOT NULL AND json_array_length(reasons) < ?6
                THEN json_insert(reasons, '$[#]', ?4) ELSE reasons END
        """;

    /// <inheritdoc/>
    public Task AddAsync(SentReport report, CancellationToken cancellationToken) => writer.RunAsync(
        session => session.Command(
            Upsert,
            report.LinkId,
            report.Name.Domain,
            report.Name.Code,
            report.Reason,
            report.At.ToUnixTimeMilliseconds(),
            LinkReport.MaxReasons).ExecuteNonQuery(),
        cancellationToken);

    private const string Columns = "id, domain, code, count, reasons, first_at, last_at";

    private const string SelectPage =
        $"""
        SELECT {Columns} FROM link_report WHERE (last_at, id) < (?1, ?2)
        ORDER BY last_at DESC, id DESC LIMIT ?3
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<LinkReport>> ListAsync(
        ListPosition? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(List, (before ?? new(long.MaxValue, long.MaxValue), limit)));

    private static IReadOnlyList<LinkReport> List(
        SqliteSession session, (ListPosition Before, int Limit) page)
    {
        using var row = session.Command(SelectPage, page.Before.Rank, page.Before.Id, page.Limit)
            .ExecuteReader();
        var reports = new List<LinkReport>();
        while (row.Read())
            reports.Add(ReadReport(row));
        return reports;
    }

    private const string SelectOne = $"SELECT {Columns} FROM link_report WHERE id = ?1";

    /// <inheritdoc/>
    public Task<LinkReport?> FindAsync(long id, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Find, id));

    private static LinkReport? Find(SqliteSession session, long id)
    {
        using var row = session.Command(SelectOne, id).ExecuteReader();
        return row.Read() ? ReadReport(row) : null;
    }

    private static LinkReport ReadReport(SqliteDataReader row) => new(
        row.GetInt64(0),
        new(row.GetString(1), row.GetString(2)),
        row.GetInt64(3),
        LinkReport.ReadReasons(row.GetString(4)),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)));

    private const string Delete = "DELETE FROM link_report WHERE id = ?1";

    /// <inheritdoc/>
    public Task<bool> CloseAsync(long id, CancellationToken cancellationToken) => writer.RunAsync(
        session => session.Command(Delete, id).ExecuteNonQuery() == 1, cancellationToken);
}
