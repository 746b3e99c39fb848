using Terse.Events;

namespace Terse.Storage.Sqlite;

/// <summary>Adds the events that no trigger writes, inside the caller's transaction.</summary>
internal static class SqliteNewEvents
{
    private const string Advance =
        """
        UPDATE event_clock SET number = number + 1,
            at = max(at, CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER) * 1000)
        RETURNING at, number
        """;

    private const string Insert =
        """
        INSERT INTO event (at, id, type, subject, link_id, version, data, is_undispatched)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 AND EXISTS (SELECT 1 FROM webhook WHERE state <> 2))
        """;

    /// <param name="session">The session of the transaction.</param>
    /// <param name="type">The type of the event.</param>
    /// <param name="subject">The subject of the event.</param>
    /// <param name="link">The id and the version of the link; null if the event is not about a link.</param>
    /// <param name="data">A JSON object; null without data.</param>
    /// <param name="isDispatched">Whether webhooks get the event by their filters.</param>
    public static EventPosition Add(
        SqliteSession session,
        string type,
        string subject,
        (long Id, int Version)? link,
        string? data,
        bool isDispatched = true)
    {
        EventPosition position;
        using (var row = session.Command(Advance).ExecuteReader())
        {
            row.Read();
            position = new(row.GetInt64(0), row.GetInt64(1));
        }

        session.Command(
            Insert,
            position.At,
            position.Number,
            type,
            subject,
            link?.Id,
            link?.Version,
            data,
            isDispatched).ExecuteNonQuery();
        return position;
    }
}
