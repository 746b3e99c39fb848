using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Looks at every host again and again, off the path of requests, tells the board, and lets the primary beat.
/// </summary>
internal sealed class HostMonitor(
    IReadOnlyList<DatabaseHost> hosts, HostRegistry board, ClusterOptions options, TimeProvider time)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Looks until there is a primary, or for a while, then goes on in the background.</summary>
    public async Task StartAsync()
    {
        await FindPrimaryAsync().ConfigureAwait(false);
        _running = Task.WhenAll([.. hosts.Select(WatchAsync), BeatAsync()]);
    }

    /// <summary>Looks until there is a primary, or for a while.</summary>
    public async Task FindPrimaryAsync()
    {
        var begin = time.GetTimestamp();
        await Task.WhenAll(hosts.Select(LookAsync)).ConfigureAwait(false);
        while (board.PickPrimary() < 0
            && time.GetElapsedTime(begin) < options.StartPatience)
        {
            await Task.Delay(options.ProbeInterval, time, _stopping.Token).ConfigureAwait(false);
            await Task.WhenAll(hosts.Select(LookAsync)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task WatchAsync(DatabaseHost host)
    {
        using var timer = new PeriodicTimer(options.ProbeInterval, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            await LookAsync(host).ConfigureAwait(false);
    }

    private const string Look =
        """
        SELECT
            pg_is_in_recovery(),
            closed_at,
            CASE WHEN pg_is_in_recovery() THEN timeline ELSE horizon_timeline() END
        FROM horizon
        """;

    /// <summary>Before there is a schema, there is no horizon.</summary>
    private const string LookWithoutSchema =
        $"""
        SELECT
            pg_is_in_recovery(),
            NULL::timestamptz,
            CASE WHEN NOT pg_is_in_recovery() THEN {HorizonSchema.WrittenTimeline} END
        """;

    private async Task LookAsync(DatabaseHost host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(options.ProbeTimeout);
        try
        {
            board.Judge(host.Standing, await QueryAsync(host, limit.Token).ConfigureAwait(false));
        }
#pragma warning disable CA1031 // Whatever is wrong with a host, it is watched on.
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            board.JudgeFailed(host.Standing, HostUnavailableException.Describe(exception));
        }
    }

    private static async Task<HostState> QueryAsync(DatabaseHost host, CancellationToken cancellationToken)
    {
        try
        {
            return await QueryAsync(host, Look, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return await QueryAsync(host, LookWithoutSchema, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<HostState> QueryAsync(
        DatabaseHost host, string sql, CancellationToken cancellationToken)
    {
        var connection = await host.Probes.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(sql, connection);
            await using (command.ConfigureAwait(false))
            {
                var row = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    await row.ReadAsync(cancellationToken).ConfigureAwait(false);
                    return ReadState(row);
                }
            }
        }
    }

    private static HostState ReadState(NpgsqlDataReader row) => new(
        row.GetBoolean(0) ? HostRole.Replica : HostRole.Primary,
        row.IsDBNull(2) ? 0 : row.GetInt32(2),
        row.IsDBNull(1) ? DateTimeOffset.MinValue : row.GetFieldValue<DateTimeOffset>(1),
        Failures: 0,
        IsInRotation: false,
        Error: null);

    private const string Beat = "SELECT horizon_beat($1, $2)";

    /// <summary>
    /// Tries from one beat to the next, so that one that writes kept from the lock is made up for soon.
    /// </summary>
    private const int TriesABeat = 5;

    /// <summary>Every server tries; whoever comes when a beat is due makes it.</summary>
    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(options.BeatInterval / TriesABeat, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            if (board.PickPrimary() is >= 0 and var primary)
                await TryBeatAsync(hosts[primary]).ConfigureAwait(false);
        }
    }

    private async Task TryBeatAsync(DatabaseHost primary)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(options.ProbeTimeout);
        try
        {
            // Due half a try early: else a beat would come a whole try late as often as not.
            var due = options.BeatInterval - (options.BeatInterval / TriesABeat / 2);
            var beat = primary.Writes.CreateCommand(Beat);
            await using (beat.ConfigureAwait(false))
            {
                beat.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = due });
                beat.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = options.Grace });
                await beat.ExecuteNonQueryAsync(limit.Token).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Whatever is wrong with it, the looks tell.
        catch (Exception) when (!_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            // The next beat, or that of another server, makes up for it.
        }
    }
}
