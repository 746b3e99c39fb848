using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IVisitEraser"/>
internal sealed class SqliteVisitEraser(SqliteWriter writer) : IVisitEraser
{
    /// <summary>
    /// The maximum number of rows that one transaction deletes from a table. Such a transaction takes about
    /// 10 ms.
    /// </summary>
    private const int MaxRows = 500;

    private const string SelectWaiting = "SELECT link_id FROM erased_link WHERE is_done = 0 LIMIT 1";

    private const string SetDone = "UPDATE erased_link SET is_done = 1 WHERE link_id = ?1";

    /// <summary>The tables with counts of a link.</summary>
    private static readonly string[] Deletions =
    [
        """
        DELETE FROM visit_count WHERE (link_id, kind, hour, value, is_bot) IN (
            SELECT link_id, kind, hour, value, is_bot FROM visit_count WHERE link_id = ?1 LIMIT ?2)
        """,
        // The table has no index that begins with the link, so each hour is looked up.
        """
        WITH RECURSIVE span(hour) AS (
            SELECT min(hour) FROM hour_count
            UNION ALL
            SELECT hour + 1 FROM span WHERE hour < (SELECT max(hour) FROM hour_count)
        )
        DELETE FROM hour_count WHERE (hour, link_id) IN (
            SELECT c.hour, c.link_id
            FROM span CROSS JOIN hour_count AS c ON c.hour = span.hour AND c.link_id = ?1 LIMIT ?2)
        """,
        """
        DELETE FROM day_count WHERE (link_id, day) IN (
            SELECT link_id, day FROM day_count WHERE link_id = ?1 LIMIT ?2)
        """,
        "DELETE FROM visit_total WHERE link_id IN (SELECT ?1 LIMIT ?2)",
    ];

    /// <inheritdoc/>
    public Task<bool> EraseAsync(CancellationToken cancellationToken) =>
        writer.RunAsync(static session => EraseTags(session) | Erase(session), cancellationToken);

    private const string SelectWithTags = "SELECT link_id FROM event_erasure LIMIT 1";

    /// <summary>The condition is that of the index <c>event_with_tags</c>.</summary>
    private const string RemoveTags =
        """
        UPDATE event SET data = json_remove(data, '$.tags') WHERE (at, id) IN (
            SELECT at, id FROM event INDEXED BY event_with_tags
            WHERE link_id = ?1 AND json_array_length(data, '$.tags') > 0 LIMIT ?2)
        """;

    private const string SetWithoutTags = "DELETE FROM event_erasure WHERE link_id = ?1";

    /// <summary>Removes the tags of an erased link from its events.</summary>
    private static bool EraseTags(SqliteSession session)
    {
        if (session.Command(SelectWithTags).ExecuteScalar() is not long link)
            return false;
        if (session.Command(RemoveTags, link, MaxRows).ExecuteNonQuery() < MaxRows)
            session.Command(SetWithoutTags, link).ExecuteNonQuery();
        return true;
    }

    private static bool Erase(SqliteSession session)
    {
        if (session.Command(SelectWaiting).ExecuteScalar() is not long link)
            return false;
        var days = SqliteVisitPartitions.Read(session).Select(DeleteVisits);
        foreach (var deletion in days.Concat(Deletions))
        {
            if (session.Command(deletion, link, MaxRows).ExecuteNonQuery() == MaxRows)
                return true;
        }

        session.Command(SetDone, link).ExecuteNonQuery();
        return true;
    }

    private static string DeleteVisits(DateOnly day)
    {
        var table = VisitPartition.TableName(day);
        return $"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE link_id = ?1 LIMIT ?2)";
    }
}
