using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Probes every host in the background, at a fixed interval, and stores the results in the
/// <see cref="HostRegistry"/>. Also runs the beats on the primary; a beat moves the horizon forward.
/// </summary>
internal sealed class HostMonitor(
    IReadOnlyList<DatabaseHost> hosts, HostRegistry registry, ClusterOptions options, TimeProvider time)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private static readonly ActivitySource Spans = new(Cluster.SpanSource);
    private static readonly TimeSpan SettingsInterval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<HostStatus, long> _settingsReadAt = new();
    private readonly Dictionary<DatabaseHost, PoolerProbe> _poolers = hosts
        .Where(host => host.HasPooler)
        .ToDictionary(host => host, host => new PoolerProbe(host, registry, options, time));
    private Task _running = Task.CompletedTask;

    /// <inheritdoc cref="Cluster.Beats"/>
    public BeatCounts Beats { get; } = new();

    /// <summary>
    /// With a replica that can be read, a start does not wait longer than for the loss of a known primary.
    /// </summary>
    private TimeSpan StartTimeout =>
        registry.HasReadableHost && HostRegistry.LossOfPrimary < options.StartTimeout
            ? HostRegistry.LossOfPrimary
            : options.StartTimeout;

    /// <summary>
    /// Probes all hosts until a primary is found or <see cref="ClusterOptions.StartTimeout"/> has passed.
    /// After that, starts the probes and the beats in the background.
    /// </summary>
    public async Task StartAsync()
    {
        await FindPrimaryAsync().ConfigureAwait(false);
        _running = Task.WhenAll(
        [
            .. hosts.Select(host => RepeatAsync(() => ProbeAsync(host))),
            .. _poolers.Values.Select(pooler => RepeatAsync(() => pooler.RunAsync(_stopping.Token))),
            BeatRepeatedlyAsync(),
        ]);
    }

    /// <summary>
    /// Probes all hosts until a primary is found, all hosts refuse the connection
    /// (<see cref="DatabaseHost.IsRefused"/>), a pooler leads to another host, or
    /// <see cref="ClusterOptions.StartTimeout"/> has passed.
    /// </summary>
    public async Task FindPrimaryAsync()
    {
        var begin = time.GetTimestamp();
        await Task.WhenAll(hosts.Select(ProbeWithPoolerAsync)).ConfigureAwait(false);
        while (registry.PickPrimary() < 0
            && !hosts.All(host => host.IsRefused)
            && !hosts.Any(host => host.State.IsPoolerOfOtherHost)
            && time.GetElapsedTime(begin) < StartTimeout)
        {
            await Task.Delay(options.ProbeInterval, time, _stopping.Token).ConfigureAwait(false);
            await Task.WhenAll(hosts.Select(ProbeWithPoolerAsync)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task RepeatAsync(Func<Task> probe)
    {
        using var timer = new PeriodicTimer(options.ProbeInterval, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            await probe().ConfigureAwait(false);
    }

    private async Task ProbeWithPoolerAsync(DatabaseHost host)
    {
        await ProbeAsync(host).ConfigureAwait(false);
        if (host.State.Failures == 0 && _poolers.TryGetValue(host, out var pooler))
            await pooler.RunAsync(_stopping.Token).ConfigureAwait(false);
    }

    private const string SelectOwnSystem = "(SELECT system_identifier FROM pg_control_system())";

    private const string SelectState =
        $"""
        SELECT
            pg_is_in_recovery(),
            h.closed_at,
            {SelectOwnSystem},
            CASE WHEN pg_is_in_recovery() THEN h.timeline ELSE horizon_timeline() END,
            h.term,
            h.system_identifier,
            h.timeline
        FROM {HorizonSchema.Row}
        """;

    /// <summary>Reads the state of a host on which the table <c>horizon</c> does not exist yet.</summary>
    private const string SelectStateWithoutSchema =
        $"""
        SELECT
            pg_is_in_recovery(),
            NULL::timestamptz,
            {SelectOwnSystem},
            CASE WHEN pg_is_in_recovery() THEN 0 ELSE {HorizonSchema.WrittenTimeline} END,
            NULL::uuid,
            0::bigint,
            NULL::integer
        """;

    private async Task ProbeAsync(DatabaseHost host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(options.ProbeTimeout);
        var begin = time.GetTimestamp();
        try
        {
            if (AreSettingsDue(host.Status, begin))
                await ReadSettingsAsync(host, limit.Token).ConfigureAwait(false);
            var state = await ReadStateAsync(host, limit.Token).ConfigureAwait(false);
            host.Status.ConfirmedAt = begin;
            registry.Update(host.Status, state);
            host.Status.Failure = null;
        }
#pragma warning disable CA1031 // Any error counts as a failed probe; the host is probed again later.
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            host.Status.Failure = exception;
            registry.UpdateFailed(host.Status, HostErrors.Describe(exception));
        }
    }

    private bool AreSettingsDue(HostStatus host, long now) =>
        !host.State.IsReachable // A host that comes back may be another one.
        || !_settingsReadAt.TryGetValue(host, out var readAt)
        || time.GetElapsedTime(readAt, now) >= SettingsInterval;

    private async Task ReadSettingsAsync(DatabaseHost host, CancellationToken cancellationToken)
    {
        var readAt = time.GetTimestamp();
        host.Apply(await ReadAsync(
            host, HostSettings.Select, HostSettings.Read, cancellationToken).ConfigureAwait(false));
        _settingsReadAt[host.Status] = readAt;
    }

    private static async Task<HostState> ReadStateAsync(
        DatabaseHost host, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(host, SelectState, ReadState, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return await ReadAsync(host, SelectStateWithoutSchema, ReadState, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private static async Task<T> ReadAsync<T>(
        DatabaseHost host,
        string sql,
        Func<NpgsqlDataReader, T> read,
        CancellationToken cancellationToken)
    {
        var connection = await host.Pools.Probes.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(sql, connection);
            await using (command.ConfigureAwait(false))
            {
                var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    await row.ReadAsync(cancellationToken).ConfigureAwait(false);
                    return read(row);
                }
            }
        }
    }

    private static HostState ReadState(NpgsqlDataReader row)
    {
        var role = row.GetBoolean(0) ? HostRole.Replica : HostRole.Primary;
        var own = ClusterIdentity.Read(row, 2);
        var isBeforeFirstBeat = role == HostRole.Primary && WasWrittenByOther(row, own);
        return new(
            role,
            isBeforeFirstBeat ? own with { Term = Guid.Empty } : own,
            row.IsDBNull(1) ? DateTimeOffset.MinValue : row.GetFieldValue<DateTimeOffset>(1),
            Failures: 0,
            IsInRotation: false,
            Error: null)
        {
            IsBeforeFirstBeat = isBeforeFirstBeat,
        };
    }

    /// <summary>
    /// Whether a different primary wrote the horizon: the primary before the promotion of this host, or the
    /// primary from which this database was restored.
    /// </summary>
    private static bool WasWrittenByOther(NpgsqlDataReader row, ClusterIdentity own) =>
        !row.IsDBNull(6)
        && (row.GetInt32(6) != own.Timeline || (row.GetInt64(5) is not 0 and var system
            && system != own.SystemIdentifier));

    private const string Beat = "SELECT horizon_beat($1, $2)";

    /// <summary>
    /// How many times per beat interval each server tries to run the beat. When one try does not get the
    /// advisory lock, the next try follows soon.
    /// </summary>
    private const int TriesPerBeat = 5;

    /// <summary>
    /// Tries to run a beat, which moves the horizon forward, at a fixed interval. Every server does so, but
    /// the SQL function <c>horizon_beat</c> moves the horizon only at the first try after a beat is due.
    /// </summary>
    private async Task BeatRepeatedlyAsync()
    {
        using var timer = new PeriodicTimer(options.BeatInterval / TriesPerBeat, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            if (registry.PickBeat() is >= 0 and var primary)
                await TryBeatAsync(hosts[primary]).ConfigureAwait(false);
        }
    }

    private async Task TryBeatAsync(DatabaseHost primary)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(options.ProbeTimeout);
        using var span = Spans.StartActivity(Cluster.BeatSpan);
        span?.SetTag("terse.host", primary.Name);
        try
        {
            // The beat is due half a try interval before the beat interval ends. Otherwise, a try that comes
            // slightly too early would do nothing, and the beat would run one whole try interval later.
            var due = options.BeatInterval - (options.BeatInterval / TriesPerBeat / 2);
            var beat = primary.Pools.Beats.CreateCommand(Beat);
            await using (beat.ConfigureAwait(false))
            {
                beat.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = due });
                beat.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Grace });
                var isWon = await beat.ExecuteScalarAsync(limit.Token).ConfigureAwait(false) is true;
                Beats.Add(isWon);
                span?.SetTag("terse.beat.outcome", isWon ? "won" : "idle");
            }
        }
#pragma warning disable CA1031 // Any error only delays the beat; the probes detect a failed primary.
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            // The horizon does not move until the next try of this or a different server succeeds.
            Beats.AddFailed();
            span?.SetTag("terse.beat.outcome", "failed");
            span?.SetTag("error.type", exception.GetType().FullName);
            span?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
        }
    }
}
