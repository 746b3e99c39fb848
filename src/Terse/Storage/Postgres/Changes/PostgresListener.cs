using System.Globalization;
using Npgsql;
using Terse.Horizon;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IChangeConnection"/>
internal sealed class PostgresListener : IChangeConnection
{
    private readonly NpgsqlConnection _connection;
    private readonly Cluster _cluster;
    private readonly TimeProvider _time;
    private readonly int _timeline;

    private PostgresListener(NpgsqlConnection connection, Cluster cluster, TimeProvider time, int timeline) =>
        (_connection, _cluster, _time, _timeline) = (connection, cluster, time, timeline);

    /// <summary>
    /// Reads which primary this is, once per connection. The primary cannot change while the connection is
    /// open, because the primary must restart before it can become a replica, and the restart closes the
    /// connection.
    /// </summary>
    private const string SelectIdentity =
        $"SELECT system_identifier, timeline, term FROM {HorizonSchema.Snapshot}";

    private const string Listen = "LISTEN link_change";

    /// <summary>
    /// Starts to listen for changes of links on a connection. If the method succeeds, the returned listener
    /// owns the connection.
    /// </summary>
    public static async Task<PostgresListener> ListenAsync(
        NpgsqlConnection connection,
        Action<ChangeNotice> onNotification,
        Cluster cluster,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var timeline = await ReadTimelineAsync(connection, cluster, cancellationToken);
        connection.Notification += (_, notification) =>
        {
            if (TryParse(notification.Payload, timeline, out var change))
                onNotification(change);
        };
        await using var listen = new NpgsqlCommand(Listen, connection);
        await listen.ExecuteNonQueryAsync(cancellationToken);
        return new(connection, cluster, time, timeline);
    }

    private static async Task<int> ReadTimelineAsync(
        NpgsqlConnection connection, Cluster cluster, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand(SelectIdentity, connection);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return cluster.Primary.GenerationOf(ClusterIdentity.Read(row, 0)) is > 0 and var generation
            ? generation
            : throw NotPrimary();
    }

    private static HostUnavailableException NotPrimary() => new("Another host is becoming the primary.");

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
        $"""
        SELECT snapshot.closed_at, snapshot.system_identifier, snapshot.timeline, snapshot.term,
            c.domain, c.code, c.written_at
        FROM {HorizonSchema.Snapshot}
            LEFT JOIN link_change AS c ON c.written_at > coalesce($1, snapshot.closed_at)
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
            : throw NotPrimary();
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Moment ReadHorizon(NpgsqlDataReader row) => new(
        _cluster.Primary.GenerationOf(ClusterIdentity.Read(row, 1)), row.GetFieldValue<DateTimeOffset>(0));

    /// <summary>
    /// Reads a change. Returns null if the row contains only the horizon, because no change was found.
    /// </summary>
    private static ChangeNotice? ReadChange(NpgsqlDataReader row, int timeline) => row.IsDBNull(4)
        ? null
        : new(
            new(row.GetString(4), row.GetString(5)),
            new(timeline, row.GetFieldValue<DateTimeOffset>(6)));
}
