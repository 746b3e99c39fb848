using Microsoft.Data.Sqlite;
using Terse.Access;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IAuditReader"/>
internal sealed class SqliteAuditReader(SqliteReaders readers) : IAuditReader
{
    /// <summary>
    /// The rows are in the order of their ids, so a search needs no index on the time. After a step of the
    /// clock, a row may be older than the row before it.
    /// </summary>
    private const string SelectRows =
        """
        SELECT at * 1000, id, key_id, address, action, subject, link_id, old_json, new_json
        FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2
        """;

    private const string SelectRowsOfLink =
        """
        SELECT at * 1000, id, key_id, address, action, subject, link_id, old_json, new_json
        FROM audit WHERE link_id = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<AuditRow>> ReadAsync(
        AuditPosition? before, long? linkId, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Read, (before, linkId, limit)));

    private static IReadOnlyList<AuditRow> Read(
        SqliteSession session, (AuditPosition? Before, long? LinkId, int Limit) page)
    {
        var id = page.Before is { Id: > 0 } before ? before.Id : long.MaxValue;
        using var row = page.LinkId is { } link
            ? session.Command(SelectRowsOfLink, id, page.Limit, link).ExecuteReader()
            : session.Command(SelectRows, id, page.Limit).ExecuteReader();
        var rows = new List<AuditRow>();
        while (row.Read())
            rows.Add(ReadRow(row));
        return rows;
    }

    private static AuditRow ReadRow(SqliteDataReader row) => new(
        new(row.GetInt64(0), row.GetInt64(1)),
        ReadText(row, 2),
        ReadText(row, 3),
        row.GetString(4),
        row.GetString(5),
        row.IsDBNull(6) ? null : row.GetInt64(6),
        ReadText(row, 7),
        ReadText(row, 8));

    private static string? ReadText(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
