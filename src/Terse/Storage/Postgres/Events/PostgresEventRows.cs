using Npgsql;
using Terse.Events;

namespace Terse.Storage.Postgres;

/// <summary>Reads events from rows.</summary>
internal static class PostgresEventRows
{
    /// <summary>
    /// The columns that <see cref="Read"/> reads: those of <c>event AS e</c>, and of <see cref="JoinAudit"/>.
    /// </summary>
    public const string Columns =
        """
        (extract(epoch FROM e.at) * 1000000)::bigint, e.id, e.type, e.subject, e.link_id, e.version,
            a.key_id, a.old_json, a.new_json, e.data
        """;

    /// <summary>
    /// Joins the row of the audit. The limit makes PostgreSQL look up one row for each event, in the index of
    /// one month.
    /// </summary>
    public const string JoinAudit =
        """
        LEFT JOIN LATERAL (
            SELECT key_id, old_json, new_json FROM audit
            WHERE audit.at = e.audit_at AND audit.id = e.audit_id LIMIT 1) AS a ON true
        """;

    /// <summary>Reads an event.</summary>
    /// <param name="row">The row.</param>
    /// <param name="first">The first of the columns <see cref="Columns"/>.</param>
    public static StoredEvent Read(NpgsqlDataReader row, int first) => new(
        new(row.GetInt64(first), row.GetInt64(first + 1)),
        row.GetString(first + 2),
        row.GetString(first + 3),
        row.IsDBNull(first + 4) ? null : row.GetInt64(first + 4),
        row.IsDBNull(first + 5) ? null : row.GetInt32(first + 5),
        ReadText(row, first + 6),
        ReadText(row, first + 7),
        ReadText(row, first + 8),
        ReadText(row, first + 9));

    public static string? ReadText(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset? ReadTime(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    /// <summary>Returns a time in microseconds since 1970, as in <see cref="EventPosition"/>.</summary>
    public static long ToMicroseconds(DateTimeOffset time) =>
        Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
}
