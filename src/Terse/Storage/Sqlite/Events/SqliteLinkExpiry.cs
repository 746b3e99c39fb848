using Terse.Events;

namespace Terse.Storage.Sqlite;

/// <summary>
/// Adds an event for each link that expires, when it expires. A trigger adds the events of links that are
/// stored with an earlier expiry than those for which this class has added events.
/// </summary>
internal sealed class SqliteLinkExpiry(SqliteWriter writer, SqliteReaders readers)
{
    /// <summary>The number of links of one transaction, which takes about 10 ms.</summary>
    private const int MaxLinks = 500;

    private const string IsAnyDue =
        """
        SELECT EXISTS (
            SELECT 1 FROM link
            WHERE (expires_at, id) > (SELECT done_up_to, last_id FROM link_expiry) AND expires_at <= ?1)
        """;

    private const string SelectDue =
        """
        SELECT id, version, target = '' OR ifnull(deleted_at <= expires_at, 0), expires_at,
            domain || '/' || coalesce(
                replace(later_codes, rtrim(later_codes, replace(later_codes, ' ', '')), ''), code),
            json_object(
                'tags', json(coalesce(settings -> '$.tags', '[]')),
                'expiresAt', strftime('%Y-%m-%dT%H:%M:%fZ', expires_at / 1000.0, 'unixepoch'))
        FROM link
        WHERE (expires_at, id) > (SELECT done_up_to, last_id FROM link_expiry) AND expires_at <= ?1
        ORDER BY expires_at, id LIMIT ?2
        """;

    private const string SetDone = "UPDATE link_expiry SET done_up_to = ?1, last_id = ?2";

    /// <summary>Adds the events of some links that expire at a time or before.</summary>
    /// <returns>Whether there may be more.</returns>
    /// <exception cref="Hosting.StoreUnavailableException">The database cannot be written now.</exception>
    public async Task<bool> AddAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var until = now.ToUnixTimeMilliseconds();
        return readers.Run(FindAny, until) // Most calls find nothing, and must not write.
            && await writer.RunAsync(session => Add(session, until), cancellationToken);
    }

    private static bool FindAny(SqliteSession session, long until) =>
        (long)session.Command(IsAnyDue, until).ExecuteScalar()! == 1;

    private static bool Add(SqliteSession session, long until)
    {
        var due = new List<DueLink>();
        using (var row = session.Command(SelectDue, until, MaxLinks).ExecuteReader())
        {
            while (row.Read())
            {
                due.Add(new(
                    row.GetInt64(0),
                    row.GetInt32(1),
                    row.GetBoolean(2),
                    row.GetInt64(3),
                    row.GetString(4),
                    row.GetString(5)));
            }
        }

        foreach (var link in due.Where(link => !link.HasNoEvent))
        {
            SqliteNewEvents.Add(
                session, EventTypes.LinkExpired, link.Subject, (link.Id, link.Version), link.Data);
        }

        // With fewer links than the limit, none of the same expiry is left.
        var isFull = due.Count == MaxLinks;
        if (due.Count > 0)
        {
            session.Command(SetDone, due[^1].ExpiresAt, isFull ? due[^1].Id : long.MaxValue)
                .ExecuteNonQuery();
        }

        return isFull;
    }

    private sealed record DueLink(
        long Id, int Version, bool HasNoEvent, long ExpiresAt, string Subject, string Data);
}
