using Microsoft.Data.Sqlite;
using Terse.Events;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IEventLog"/>
/// <remarks>
/// One thread writes, and each event gets a position after that of the event before, so an event that is not
/// committed yet has a position after all events that a reader sees.
/// </remarks>
internal sealed class SqliteEventLog(SqliteReaders readers) : IEventLog
{
    /// <summary>The columns of <see cref="ReadEvent"/>.</summary>
    public const string Columns =
        "e.at, e.id, e.type, e.subject, e.link_id, e.version, a.key_id, a.old_json, a.new_json, e.data";

    /// <summary>An event about a change has its states in the audit.</summary>
    public const string Tables = "event AS e LEFT JOIN audit AS a ON a.id = e.audit_id";

    private const string SelectEnd = "SELECT at, number FROM event_clock";

    private const string SelectEvents =
        $"SELECT {Columns} FROM {Tables} WHERE (e.at, e.id) > (?1, ?2) ORDER BY e.at, e.id LIMIT ?3";

    /// <inheritdoc/>
    public Task<EventPage> ReadAsync(EventPosition? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult(readers.Run(Read, (after, limit)));

    private static EventPage Read(SqliteSession session, (EventPosition? After, int Limit) call)
    {
        var end = ReadEnd(session);
        if (call.After is not { } after)
            return new([], end);
        var events = new List<StoredEvent>();
        using var row = session.Command(SelectEvents, after.At, after.Number, call.Limit).ExecuteReader();
        while (row.Read())
            events.Add(ReadEvent(row));
        if (events.Count == call.Limit)
            return new(events, events[^1].Position);
        return new(events, Later(after, events.Count > 0 ? Later(end, events[^1].Position) : end));
    }

    private static EventPosition Later(EventPosition left, EventPosition right) =>
        left > right ? left : right;

    private static EventPosition ReadEnd(SqliteSession session)
    {
        using var row = session.Command(SelectEnd).ExecuteReader();
        row.Read();
        return new(row.GetInt64(0), row.GetInt64(1));
    }

    public static StoredEvent ReadEvent(SqliteDataReader row) => new(
        new(row.GetInt64(0), row.GetInt64(1)),
        row.GetString(2),
        row.GetString(3),
        row.IsDBNull(4) ? null : row.GetInt64(4),
        row.IsDBNull(5) ? null : row.GetInt32(5),
        ReadText(row, 6),
        ReadText(row, 7),
        ReadText(row, 8),
        ReadText(row, 9));

    private static string? ReadText(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
