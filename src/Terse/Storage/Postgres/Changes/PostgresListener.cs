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
    private readonly int _generation;

    private PostgresListener(
        NpgsqlConnection connection, Cluster cluster, TimeProvider time, int generation) =>
        (_connection, _cluster, _time, _generation) = (connection, cluster, time, generation);

    /// <summary>
    /// Reads which primary this is, once per connection. The primary cannot change while the connection is
    /// open, because the primary must restart before it can become a replica, and the restart closes the
    /// connection.
    /// </summary>
    private const string SelectIdentity =
        $"SELECT system_identifier, timeline, term FROM {HorizonSchema.Snapshot}";

    private const string LinkChannel = "link_change";

    /// <summary>
    /// Starts to listen for changes of links and for other notifications on a connection. If the method
    /// succeeds, the returned listener owns the connection.
    /// </summary>
    /// <param name="connection">A connection to the primary.</param>
    /// <param name="onNotification">Called for each change of a link.</param>
    /// <param name="onOtherChannels">
    /// The names of further channels, each with the action to run for a notification.
    /// </param>
    /// <param name="cluster">Contains the primary.</param>
    /// <param name="time">The clock that measures waits.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    public static async Task<PostgresListener> ListenAsync(
        NpgsqlConnection connection,
        Action<ChangeNotice> onNotification,
        IReadOnlyDictionary<string, Action> onOtherChannels,
        Cluster cluster,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var generation = await ReadGenerationAsync(connection, cluster, cancellationToken);
        connection.Notification += (_, notification) =>
        {
            if (onOtherChannels.TryGetValue(notification.Channel, out var onOther))
                onOther();
            else if (TryParse(notification.Payload, generation, out var change))
                onNotification(change);
        };
        var channels = onOtherChannels.Keys.Prepend(LinkChannel).Select(channel => $"LISTEN {channel}");
        await using var listen = new NpgsqlCommand(string.Join("; ", channels), connection);
        await listen.ExecuteNonQueryAsync(cancellationToken);
        return new PostgresListener(connection, cluster, time, generation);
    }

    private static async Task<int> ReadGenerationAsync(
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
    /// Parses the payload <c>version|microseconds since 1970|domain|code</c>. Without a notification that can
    /// be parsed, the next <see cref="ReadAsync"/> returns the change.
    /// </summary>
    public static bool TryParse(string payload, int generation, out ChangeNotice change)
    {
        change = default;
        var parts = payload.Split('|', 4);
        if (parts.Length < 4
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || !long.TryParse(
                parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds))
        {
            return false;
        }

        var at = DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
        change = new(new(parts[2], parts[3]), version, new Moment(generation, at));
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
        SELECT snapshot.closed_at, snapshot.system_identifier, snapshot.timeline, snapshot.term, c.*
        FROM {HorizonSchema.Snapshot}
            LEFT JOIN LATERAL (
                SELECT domain, code, version, written_at, seq FROM link_change
                WHERE written_at >= coalesce($1, snapshot.closed_at)
                    AND (written_at, seq) > (coalesce($1, snapshot.closed_at), $2)
                ORDER BY written_at, seq LIMIT $3) AS c ON true
        """;

    /// <inheritdoc/>
    public async Task<ChangeBatch> ReadAsync(
        ChangePosition? after, int limit, CancellationToken cancellationToken)
    {
        await using var select = new NpgsqlCommand(SelectChanges, _connection);
        select.Bind(after?.WrittenAt);
        select.Bind(after?.Sequence ?? long.MaxValue);
        select.Bind(limit);
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var changes = new List<ChangeNotice>();
        Moment completeUpTo = default;
        ChangePosition? last = null;
        while (await row.ReadAsync(cancellationToken))
        {
            completeUpTo = ReadHorizon(row);
            if (ReadChange(row, _generation) is not { } change)
                continue;
            changes.Add(change);
            last = new(change.WrittenAt.At, row.GetInt64(8));
        }

        return completeUpTo.Generation == _generation
            ? new(completeUpTo, changes, last)
            : throw NotPrimary();
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private Moment ReadHorizon(NpgsqlDataReader row) => new(
        _cluster.Primary.GenerationOf(ClusterIdentity.Read(row, 1)), row.GetFieldValue<DateTimeOffset>(0));

    /// <summary>
    /// Reads a change. Returns null if the row contains only the horizon, because no change was found.
    /// </summary>
    private static ChangeNotice? ReadChange(NpgsqlDataReader row, int generation) => row.IsDBNull(4)
        ? null
        : new(
            new(row.GetString(4), row.GetString(5)),
            row.GetInt32(6),
            new(generation, row.GetFieldValue<DateTimeOffset>(7)));
}
