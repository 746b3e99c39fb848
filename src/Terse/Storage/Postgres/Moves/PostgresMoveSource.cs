using System.Data;
using Npgsql;
using Terse.Hosting;
using Terse.Storage.Moves;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IMoveSource"/>
internal sealed class PostgresMoveSource(PostgresMoveSession session) : IMoveSource
{
    /// <summary>How often the move tries to lock tables that other transactions use for long.</summary>
    private const int MaxAttempts = 30;

    private PostgresMoveMark? _mark;

    /// <inheritdoc/>
    public string Description => session.Description;

    /// <inheritdoc/>
    public async Task<MoveMark> BeginAsync(string target, string newId)
    {
        _mark = await PostgresMoveMark.ReadAsync(session.Command);
        if (_mark?.Role == PostgresMoveMark.Target)
            throw new StartupException(MoveTexts.IsUnfinished(Description, _mark.Peer));
        if (_mark is { Role: not PostgresMoveMark.Done })
        {
            if (_mark.Peer == target)
                return new(_mark.Id, _mark.Role == PostgresMoveMark.Closed);
            throw new StartupException(_mark.Role == PostgresMoveMark.Closed
                ? MoveTexts.HasMoved(Description, _mark.Peer)
                : MoveTexts.OtherMove(Description, _mark.Peer));
        }

        _mark = new(newId, PostgresMoveMark.Source, target);
        await session.WriteAsync(async () =>
        {
            await session.RunAsync(PostgresMoveMark.Create);
            await _mark.StoreAsync(session);
        });
        return new(newId, IsClosed: false);
    }

    /// <inheritdoc/>
    public async Task CancelAsync()
    {
        var mark = await PostgresMoveMark.ReadAsync(session.Command);
        if (mark is null or { Role: PostgresMoveMark.Done })
            throw new StartupException($"No move of {Description} has begun.");
        if (mark.Role != PostgresMoveMark.Source)
            throw new StartupException(MoveTexts.HasMoved(Description, mark.Peer));
        foreach (var table in await FindTablesAsync())
            await RetryAsync(() => session.WriteAsync(() => session.RunAsync(session.SqlOf(table).Untrack)));
        await session.RunAsync("DROP TABLE move_state");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MovedTable>> FindTablesAsync() =>
        [.. MovedTables.All, .. (await session.FindDaysAsync()).Select(MovedTable.OfDay)];

    /// <inheritdoc/>
    /// <remarks>
    /// A new trigger waits for the transactions that write the table, so it misses no change. While the
    /// tables are locked, nothing changes, so that the table of a new day needs no record.
    /// </remarks>
    public async Task TrackAsync(MovedTable table)
    {
        if (session.IsInTransaction || await IsTrackedAsync(table))
            return;
        await RetryAsync(() => session.WriteAsync(() => session.RunAsync(session.SqlOf(table).Track)));
    }

    private async Task<bool> IsTrackedAsync(MovedTable table) => (bool)(await session.ScalarAsync(
        $"SELECT to_regclass('{PostgresMoveSql.LogOf(table.Name)}') IS NOT NULL"))!;

    private async Task RetryAsync(Func<Task> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await work();
                return;
            }
            catch (PostgresException exception) when (exception.SqlState
                is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                await session.RollbackAsync();
                if (attempt == MaxAttempts)
                {
                    throw new StartupException(
                        "Other transactions keep a table locked, perhaps a migration or a VACUUM. Move again "
                        + "after their end; the move goes on where it was.",
                        exception);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<MovedRows> ReadAsync(MovedTable table, string? position, int limit)
    {
        await using var select = session.Command(session.SqlOf(table).SelectNext(position, limit));
        var rows = new List<object?[]>();
        string? last = null;
        await PostgresMoveSession.ReadAsync(select, table.Columns, (values, row) =>
        {
            rows.Add(values);
            last = row.GetString(table.Columns.Count);
        });
        return new(rows, last);
    }

    /// <inheritdoc/>
    public async Task<long> CountAsync(MovedTable table) => (long)(await session.ScalarAsync(
        $"SELECT greatest(sum(c.reltuples), 0)::bigint FROM pg_partition_tree('{table.Name}') AS t "
        + "JOIN pg_class AS c ON c.oid = t.relid WHERE t.isleaf") ?? 0L);

    /// <inheritdoc/>
    public async Task OpenSnapshotAsync()
    {
        await session.BeginAsync(IsolationLevel.RepeatableRead);
        await session.RunAsync("SET TRANSACTION READ ONLY; SELECT FROM move_state");
    }

    /// <inheritdoc/>
    public Task LockAsync(IReadOnlyList<MovedTable> tables)
    {
        var names = string.Join(", ", [.. tables.Select(table => table.Name), "visit", "tag_change"]);
        return RetryAsync(async () =>
        {
            await session.BeginAsync(IsolationLevel.ReadCommitted);
            await session.RunAsync($"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE");
        });
    }

    /// <inheritdoc/>
    public async Task<string?> WhyBusyAsync() =>
        (bool)(await session.ScalarAsync("SELECT EXISTS (SELECT FROM tag_change)"))!
            ? "The change of a tag has not ended."
            : null;

    /// <inheritdoc/>
    public async Task<ChangedRows> ReadChangesAsync(MovedTable table, long after, int limit)
    {
        if (!await IsTrackedAsync(table))
            return new([], [], []);
        var sql = session.SqlOf(table);
        var (numbers, keys, rows) = (new List<long>(), new List<object?[]>(), new List<object?[]>());
        await using var changes = session.Command(sql.SelectChanges);
        changes.Bind(after);
        changes.Bind((long)limit);
        MovedColumn[] columns = [new("seq", ColumnKind.Number), .. table.Key];
        await PostgresMoveSession.ReadAsync(changes, columns, (change, _) =>
        {
            numbers.Add((long)change[0]!);
            keys.Add(change[1..]);
        });
        if (numbers.Count == 0)
            return new([], [], []);
        await using var changed = session.Command(sql.SelectChanged);
        changed.Bind(after);
        changed.Bind(numbers[^1]);
        await PostgresMoveSession.ReadAsync(changed, table.Columns, (row, _) => rows.Add(row));
        return new(numbers, keys, rows);
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(MovedTable table, IReadOnlyList<long> numbers)
    {
        await using var forget = session.Command(session.SqlOf(table).Forget);
        forget.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. numbers] });
        await forget.ExecuteNonQueryAsync();
    }

    /// <inheritdoc/>
    public Task<TableSum> SumAsync(MovedTable table) =>
        session.SumAsync(table, session.SqlOf(table).SelectAll);

    /// <inheritdoc/>
    public async Task<MovedState> ReadStateAsync()
    {
        var sequences = new List<long>();
        foreach (var (_, _, sequence) in MovedTables.Sequences)
            sequences.Add((long)(await session.ScalarAsync($"SELECT last_value FROM {sequence}"))!);
        return new(
            (string?)await session.ScalarAsync("SELECT secret_check FROM installation"),
            (Guid)(await session.ScalarAsync("SELECT cursor_secret FROM api_key_state"))!,
            sequences,
            (long?)await session.ScalarAsync("SELECT max(id) FROM link"),
            await ReadEventsAsync());
    }

    private const string SelectReadUpTo =
        """
        SELECT (extract(epoch FROM greatest(closed_at, (SELECT max(at) FROM event))) * 1000000)::bigint
        FROM horizon
        """;

    private const string SelectExpiredUpTo =
        "SELECT floor(extract(epoch FROM done_up_to) * 1000)::bigint FROM link_expiry";

    private async Task<MovedEvents> ReadEventsAsync() => new(
        (long)(await session.ScalarAsync(SelectReadUpTo))!,
        (long)(await session.ScalarAsync(SelectExpiredUpTo))!,
        (long)(await session.ScalarAsync("SELECT last_id FROM link_expiry"))!);

    /// <inheritdoc/>
    public Task ReleaseAsync() => session.RollbackAsync();

    private const string CreateClosed =
        $"""
        CREATE FUNCTION move_closed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'The links have moved to another database.'
                USING ERRCODE = '{PostgresMoveMark.ClosedState}';
        END $$
        """;

    /// <inheritdoc/>
    /// <remarks>
    /// The record of changes stays, because to remove it would lock the readers of the tables out. The days
    /// of visits need no trigger: a batch of visits always writes the table of runs, too.
    /// </remarks>
    public async Task CloseAsync(IReadOnlyList<MovedTable> tables)
    {
        await session.RunAsync(CreateClosed);
        foreach (var table in tables.Where(table => table.Day is null))
            await session.RunAsync(PostgresMoveSql.CloseOf(table.Name));
        await session.RunAsync(PostgresMoveSql.CloseOf("tag_change"));
        await (_mark! with { Role = PostgresMoveMark.Closed }).StoreAsync(session);
        await session.CommitAsync();
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
