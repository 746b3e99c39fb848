using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Remembers how many visits of each run are counted, and forgets the runs that ended long ago
/// (<see cref="RunRetention"/>). Runs of the previous version of Terse are in the table <c>visit_batch</c>.
/// </summary>
internal static class SqliteVisitRuns
{
    private const string SelectEarlier =
        "SELECT last_batch, counted FROM visit_batch WHERE node = ?1 AND epoch = ?2";

    private const string Select = "SELECT last_batch, counted FROM visit_run WHERE run = ?1";

    /// <summary>
    /// Returns how many visits of the batch are already counted; <see cref="int.MaxValue"/> if all visits are
    /// counted, and null if this is unknown.
    /// </summary>
    public static int? ReadProgress(SqliteSession session, VisitBatch batch)
    {
        using var row = batch.Run.Id == Guid.Empty
            ? session.Command(SelectEarlier, batch.Run.Node, batch.Run.Epoch).ExecuteReader()
            : session.Command(Select, KeyOf(batch)).ExecuteReader();
        if (!row.Read())
            return IsOld(session, batch) ? null : 0;
        if (row.GetInt64(0) < batch.Number)
            return 0;
        return row.GetInt64(0) > batch.Number || row.IsDBNull(1) ? int.MaxValue : row.GetInt32(1);
    }

    private const string UpsertEarlier =
        "INSERT OR REPLACE INTO visit_batch (node, epoch, last_batch, counted) VALUES (?1, ?2, ?3, ?4)";

    private const string Upsert =
        """
        INSERT OR REPLACE INTO visit_run (run, last_batch, counted, counted_at)
        VALUES (?1, ?2, ?3, unixepoch('now'))
        """;

    public static void StoreProgress(SqliteSession session, VisitBatch batch, int counted)
    {
        object part = counted == batch.Visits.Count ? DBNull.Value : counted;
        var upsert = batch.Run.Id == Guid.Empty
            ? session.Command(UpsertEarlier, batch.Run.Node, batch.Run.Epoch, batch.Number, part)
            : session.Command(Upsert, KeyOf(batch), batch.Number, part);
        upsert.ExecuteNonQuery();
    }

    private const string DeleteOld = "DELETE FROM visit_run WHERE counted_at < unixepoch('now') - ?1";

    /// <summary>Deletes the rows of runs whose last batch was counted long ago.</summary>
    public static void DeleteOldRuns(SqliteSession session) =>
        session.Command(DeleteOld, (long)RunRetention.Kept.TotalSeconds).ExecuteNonQuery();

    private const string SelectIsOld = "SELECT ?1 < unixepoch('now') - ?2";

    private static bool IsOld(SqliteSession session, VisitBatch batch) => batch.Run.Id != Guid.Empty
        && (long)session.Command(
            SelectIsOld,
            RunRetention.DateOf(batch).ToUnixTimeSeconds(),
            (long)RunRetention.MaxAge.TotalSeconds).ExecuteScalar()! != 0;

    private static byte[] KeyOf(VisitBatch batch) => batch.Run.Id.ToByteArray(bigEndian: true);
}
