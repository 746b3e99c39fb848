using Npgsql;
using Terse.Access;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IAuditReader"/>
internal sealed class PostgresAuditReader(Cluster cluster, TimeProvider time) : IAuditReader
{
    private const string SelectRows =
        """
        SELECT (extract(epoch FROM at) * 1000000)::bigint, id, key_id, address, action, subject, link_id,
            old_json, new_json
        FROM audit
        WHERE (at, id) < ($1, $2) AND ($3 IS NULL OR link_id = $3)
        ORDER BY at DESC, id DESC LIMIT $4
        """;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AuditRow>> ReadAsync(
        AuditPosition? before, long? linkId, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return await PostgresErrors.WithTimeoutAsync(
                token => cluster.ReadAsync(
                    ConnectionShare.Reports, Freshness.Latest, (before, linkId, limit), ReadAsync, token),
                time,
                cancellationToken);
        }
        catch (PostgresException exception) when (PostgresErrors.IsOfEarlierSchema(exception))
        {
            throw PostgresErrors.OfEarlierSchema("has no audit", exception);
        }
    }

    private static async Task<IReadOnlyList<AuditRow>> ReadAsync(
        ReadTransaction read,
        (AuditPosition? Before, long? LinkId, int Limit) page,
        CancellationToken cancellationToken)
    {
        await using var select = read.CreateCommand(SelectRows);
        var at = page.Before is { } before
            ? DateTimeOffset.UnixEpoch.AddTicks(before.At * TimeSpan.TicksPerMicrosecond)
            : DateTimeOffset.UnixEpoch.AddYears(8000);
        select.Bind(at);
        select.Bind(page.Before?.Id ?? 0L);
        select.Bind(page.LinkId);
        select.Bind(page.Limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var rows = new List<AuditRow>();
        while (await row.ReadAsync(cancellationToken))
            rows.Add(ReadRow(row));
        return rows;
    }

    private static AuditRow ReadRow(NpgsqlDataReader row) => new(
        new(row.GetInt64(0), row.GetInt64(1)),
        ReadText(row, 2),
        ReadText(row, 3),
        row.GetString(4),
        row.GetString(5),
        row.IsDBNull(6) ? null : row.GetInt64(6),
        ReadText(row, 7),
        ReadText(row, 8));

    private static string? ReadText(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
