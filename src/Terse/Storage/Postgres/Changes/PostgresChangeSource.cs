using System.Globalization;
using Npgsql;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IChangeSource"/>
/// <remarks>The trigger that notifies is in Migrations; its payload is read here.</remarks>
internal sealed class PostgresChangeSource(Cluster cluster, TimeProvider time) : IChangeSource
{
    /// <inheritdoc/>
    public int Timeline => cluster.Timeline;

    /// <inheritdoc/>
    public Moment Passed =>
        cluster.Hosts.Min(host => host.State is var seen ? new Moment(seen.Timeline, seen.Horizon) : default);

    /// <inheritdoc/>
    public async Task<IChangeConnection> ListenAsync(
        Action<ChangeNotice> onChanged, CancellationToken cancellationToken)
    {
        var connection = await cluster.OpenPrimaryAsync(cancellationToken);
        try
        {
            return await PostgresListener.ListenAsync(connection, onChanged, time, cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <inheritdoc cref="IChangeConnection"/>
internal sealed class PostgresListener : IChangeConnection
{
    private readonly NpgsqlConnection _connection;
    private readonly TimeProvider _time;
    private readonly int _timeline;

    private PostgresListener(NpgsqlConnection connection, TimeProvider time, int timeline) =>
        (_connection, _time, _timeline) = (connection, time, timeline);

    /// <summary>
    /// The timeline of a connection to a primary stays: it ends when the host is no primary.
    /// </summary>
    private const string ReadTimeline = "SELECT horizon_timeline()";

    private const string Listen = "LISTEN link_change";

    /// <summary>Listens on a connection, which is its own from then on.</summary>
    public static async Task<PostgresListener> ListenAsync(
        NpgsqlConnection connection,
        Action<ChangeNotice> onChanged,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand(ReadTimeline, connection);
        var timeline = (int)(await read.ExecuteScalarAsync(cancellationToken))!;
        connection.Notification += (_, notification) =>
        {
            if (TryParse(notification.Payload, timeline, out var change))
                onChanged(change);
        };
        await using var listen = new NpgsqlCommand(Listen, connection);
        await listen.ExecuteNonQueryAsync(cancellationToken);
        return new(connection, time, timeline);
    }

    /// <summary>
    /// Reads <c>microseconds since 1970|domain|code</c>; what is not of that form is passed over, since a
    /// reading will have it.
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
    public async Task HearAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var begin = _time.GetTimestamp();
        while (time - _time.GetElapsedTime(begin) is var left && left > TimeSpan.FromMilliseconds(1))
            await _connection.WaitAsync(left, cancellationToken);
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
        Moment complete = default;
        while (await row.ReadAsync(cancellationToken))
        {
            complete = ReadComplete(row);
            if (ReadChange(row, _timeline) is { } change)
                changes.Add(change);
        }

        return complete.Timeline == _timeline
            ? new(complete, changes)
            : throw new HostUnavailableException("The primary has not beaten yet.");
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static Moment ReadComplete(NpgsqlDataReader row) =>
        new(row.GetInt32(1), row.GetFieldValue<DateTimeOffset>(0));

    /// <summary>Null where there is none after the instant.</summary>
    private static ChangeNotice? ReadChange(NpgsqlDataReader row, int timeline) => row.IsDBNull(2)
        ? null
        : new(
            new(row.GetString(2), row.GetString(3)),
            new(timeline, row.GetFieldValue<DateTimeOffset>(4)));
}
