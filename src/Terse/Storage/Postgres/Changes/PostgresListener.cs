using System.Globalization;
using Npgsql;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IChangeConnection"/>
internal sealed class PostgresListener : IChangeConnection
{
    private readonly NpgsqlConnection _connection;
    private readonly TimeProvider _time;
    private readonly int _timeline;

    private PostgresListener(NpgsqlConnection connection, TimeProvider time, int timeline) =>
        (_connection, _time, _timeline) = (connection, time, timeline);

    /// <summary>
    /// Reads the timeline of the primary, once per connection. The timeline cannot change while the
    /// connection is open, because the primary must restart before it can become a replica, and the restart
    /// closes the connection.
    /// </summary>
    private const string ReadTimeline = "SELECT horizon_timeline()";

    private const string Listen = "LISTEN link_change";

    /// <summary>
    /// Starts to listen for changes of links on a connection. If the method succeeds, the returned listener
    /// owns the connection.
    /// </summary>
    public static async Task<PostgresListener> ListenAsync(
        NpgsqlConnection connection,
        Action<ChangeNotice> onNotification,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand(ReadTimeline, connection);
        var timeline = (int)(await read.ExecuteScalarAsync(cancellationToken))!;
        connection.Notification += (_, notification) =>
        {
            if (TryParse(notification.Payload, timeline, out var change))
                onNotification(change);
        };
        await using var listen = new NpgsqlCommand(Listen, connection);
        await listen.ExecuteNonQueryAsync(cancellationToken);
        return new(connection, time, timeline);
    }

    /// <summary>
    /// Parses the payload <c>microseconds since 1970|domain|code</c>. The feed ignores a payload in any other
    /// format. No change is lost, because the next <see cref="ReadAsync"/> returns the change.
    /// </summary>
    public static bool TryParse(string payload, int timeline, out ChangeNotice change)
    {
        change = default;
        var parts = payload.Split('|', 3);
        if (parts.Length < 3
            || !long.TryParse(
                parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds))
        {
            return false;
        }

        var at = DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
        change = new(new(parts[1], parts[2]), new Moment(timeline, at));
        return true;
    }

    /// <inheritdoc/>
    public async Task ReceiveAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var begin = _time.GetTimestamp();
        while (time - _time.GetElapsedTime(begin) is var rest && rest > TimeSpan.FromMilliseconds(1))
            await _connection.WaitAsync(rest, cancellationToken);
    }

    private const string SelectChanges =
        """
        SELECT h.closed_at, h.timeline, c.domain, c.code, c.written_at
        FROM horizon AS h LEFT JOIN link_change AS c ON c.written_at > coalesce($1, h.closed_at)
        LIMIT $2
        """;

    /// <inheritdoc/>
    public async Task<ChangeBatch> ReadAsync(
        DateTimeOffset? since, int limit, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand(SelectChanges, _connection);
        select.Bind(since);
        select.Bind(limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var changes = new List<ChangeNotice>();
        Moment completeUpTo = default;
        while (await row.ReadAsync(cancellationToken))
        {
            completeUpTo = ReadHorizon(row);
            if (ReadChange(row, _timeline) is { } change)
                changes.Add(change);
        }

        return completeUpTo.Timeline == _timeline
            ? new(completeUpTo, changes)
            : throw new HostUnavailableException("The new primary has not closed its first horizon yet.");
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static Moment ReadHorizon(NpgsqlDataReader row) =>
        new(row.GetInt32(1), row.GetFieldValue<DateTimeOffset>(0));

    /// <summary>
    /// Reads a change. Returns null if the row contains only the horizon, because no change was found.
    /// </summary>
    private static ChangeNotice? ReadChange(NpgsqlDataReader row, int timeline) => row.IsDBNull(2)
        ? null
        : new(
            new(row.GetString(2), row.GetString(3)),
            new(timeline, row.GetFieldValue<DateTimeOffset>(4)));
}
