using Terse.Hosting;
using Terse.Ids;
using Terse.Storage.Moves;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <inheritdoc cref="IMoveTarget"/>
/// <remarks>
/// Until the move is complete, no server starts with the database, and its triggers are off: those of the
/// horizon, the audit and the counters, since the move copies what they would write.
/// </remarks>
internal sealed class PostgresMoveTarget(PostgresMoveSession session) : IMoveTarget
{
    private readonly HashSet<string> _staged = new(StringComparer.Ordinal);
    private PostgresMoveMark? _mark;

    /// <inheritdoc/>
    public string Description => session.Description;

    /// <inheritdoc/>
    public async Task<bool> BeginAsync(string source, string id)
    {
        _mark = await PostgresMoveMark.ReadAsync(session.Command);
        if (_mark?.Id == id && _mark.Role is PostgresMoveMark.Target or PostgresMoveMark.Done)
            return _mark.Role == PostgresMoveMark.Done;
        if (_mark is not null)
            throw new StartupException(MoveTexts.OtherMove(Description, _mark.Peer));
        _mark = new(id, PostgresMoveMark.Target, source);
        await session.WriteAsync(CreateAsync);
        return false;
    }

    private const string CreateProgress =
        """
        CREATE TABLE move_progress (
            table_name text    PRIMARY KEY,
            position   text,             -- of the last copied row
            rows       bigint  NOT NULL,
            is_done    boolean NOT NULL
        );
        """;

    private async Task CreateAsync()
    {
        foreach (var table in MovedTables.All)
        {
            await session.RunAsync($"LOCK TABLE {table.Name} IN ACCESS EXCLUSIVE MODE");
            if ((bool)(await session.ScalarAsync($"SELECT EXISTS (SELECT FROM {table.Name})"))!)
                throw new StartupException(MoveTexts.HasData(Description, table.Name));
            await session.RunAsync($"ALTER TABLE {table.Name} DISABLE TRIGGER USER");
        }

        await session.RunAsync(PostgresMoveMark.Create);
        await session.RunAsync(CreateProgress);
        await _mark!.StoreAsync(session);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<DateOnly>> FindDaysAsync() => session.FindDaysAsync();

    /// <inheritdoc/>
    public async Task CreateDayAsync(DateOnly day)
    {
        if (!(await session.FindDaysAsync()).Contains(day))
            await session.WriteAsync(() => session.RunAsync(PostgresVisitPartitions.CreateDay(day)));
    }

    /// <inheritdoc/>
    public Task DropDayAsync(DateOnly day)
    {
        var table = VisitPartition.TableName(day);
        return session.WriteAsync(() => session.RunAsync(
            $"DROP TABLE {table}; DELETE FROM move_progress WHERE table_name = '{table}'"));
    }

    /// <inheritdoc/>
    public async Task<CopyProgress> ReadProgressAsync(MovedTable table)
    {
        await using var select = session.Command(
            "SELECT position, rows, is_done FROM move_progress WHERE table_name = $1");
        select.Bind(table.Name);
        await using var row = await select.ExecuteReaderAsync();
        return await row.ReadAsync()
            ? new(
                await row.IsDBNullAsync(0) ? null : row.GetString(0), row.GetInt64(1), row.GetBoolean(2))
            : CopyProgress.None;
    }

    /// <inheritdoc/>
    public async Task InsertAsync(MovedTable table, IReadOnlyList<object?[]> rows, CopyProgress progress)
    {
        await StageAsync(table);
        await session.WriteAsync(async () =>
        {
            var sql = session.SqlOf(table);
            await session.CopyAsync(sql.CopyRows, table.Columns, rows);
            await session.RunAsync(sql.Insert(skipsExisting: true));
            await using var store = session.Command(
                """
                INSERT INTO move_progress (table_name, position, rows, is_done) VALUES ($1, $2, $3, $4)
                ON CONFLICT (table_name) DO UPDATE SET
                    position = excluded.position, rows = excluded.rows, is_done = excluded.is_done
                """);
            store.Bind(table.Name);
            store.Bind(progress.Position);
            store.Bind(progress.Rows);
            store.Bind(progress.IsDone);
            await store.ExecuteNonQueryAsync();
        });
    }

    private async Task StageAsync(MovedTable table)
    {
        if (_staged.Add(table.Name))
            await session.RunAsync(session.SqlOf(table).CreateStages);
    }

    /// <inheritdoc/>
    public async Task ReplaceAsync(MovedTable table, ChangedRows changed)
    {
        await StageAsync(table);
        await session.WriteAsync(async () =>
        {
            var sql = session.SqlOf(table);
            await session.CopyAsync(sql.CopyKeys, [.. table.Key], changed.Keys);
            await session.RunAsync(sql.DeleteKeys);
            await session.CopyAsync(sql.CopyRows, table.Columns, changed.Rows);
            await session.RunAsync(sql.Insert(skipsExisting: false));
        });
    }

    /// <inheritdoc/>
    public async Task<TableSum> SumAsync(MovedTable table, IReadOnlyList<object?[]> keys)
    {
        var sum = default(TableSum);
        await session.WriteAsync(async () =>
        {
            var sql = session.SqlOf(table);
            await session.CopyAsync(sql.CopyKeys, [.. table.Key], keys);
            sum = await session.SumAsync(table, sql.SelectKeys);
        });
        return sum;
    }

    /// <inheritdoc/>
    public Task<TableSum> SumAsync(MovedTable table) =>
        session.SumAsync(table, session.SqlOf(table).SelectAll);

    /// <inheritdoc/>
    public Task AnalyzeAsync() => session.RunAsync("ANALYZE");

    /// <summary>
    /// The lock is that of a beat. The new term makes the hosts that do not have all links yet no authority
    /// (decision 0034), because they show an earlier one.
    /// </summary>
    private const string Complete =
        """
        SELECT pg_advisory_xact_lock(x'54484f52495a4f4e'::bigint);
        UPDATE horizon_state SET
            closed_at = greatest(closed_at, clock_timestamp()), term = gen_random_uuid()
        WHERE closed_at = (SELECT closed_at FROM horizon);
        UPDATE installation SET last_domain = (SELECT max(id) FROM domain);
        UPDATE domain_state SET revision = gen_random_uuid() WHERE EXISTS (SELECT FROM domain);
        UPDATE block_state SET revision = gen_random_uuid();
        UPDATE api_key_state SET version = version + 1, revision = gen_random_uuid();
        INSERT INTO active_layout (number) SELECT number FROM id_layout ON CONFLICT DO NOTHING;
        DROP TABLE move_progress;
        """;

    /// <summary>
    /// Events are later than the horizon, and later than the events that were read before. If the old
    /// database had times in the future, because its clock was wrong, the horizon does not follow them.
    /// </summary>
    private const string StoreEvents =
        """
        WITH given AS (SELECT 'epoch'::timestamptz AS epoch, interval '1 microsecond' AS step),
            expiry AS (
                UPDATE link_expiry SET done_up_to = epoch + $2 * 1000 * step, last_id = $3 FROM given)
        UPDATE horizon_state SET closed_at = greatest(
            closed_at, least(epoch + $1 * step, clock_timestamp() + 10000000 * step)) FROM given
        WHERE closed_at = (SELECT closed_at FROM horizon)
        """;

    private const string StoreNodes =
        """
        INSERT INTO node (id, owner, epoch, reserved_until)
        SELECT id, NULL, epoch, until FROM unnest($1::integer[], $2::bigint[], $3::timestamptz[])
            AS given(id, epoch, until)
        ON CONFLICT (id) DO UPDATE SET
            owner = NULL, epoch = excluded.epoch, reserved_until = excluded.reserved_until
        """;

    /// <inheritdoc/>
    public Task CompleteAsync(MovedState state, IReadOnlyList<NodeRow> nodes, DateTimeOffset now) =>
        session.WriteAsync(async () =>
        {
            await session.RunAsync(Complete);
            foreach (var table in MovedTables.All)
                await session.RunAsync($"ALTER TABLE {table.Name} ENABLE TRIGGER USER");
            foreach (var ((_, _, sequence), value) in MovedTables.Sequences.Zip(state.Sequences))
            {
                await session.RunAsync(
                    FormattableString.Invariant($"SELECT setval('{sequence}', {Math.Max(value, 1)})"));
            }

            await using (var store = session.Command("UPDATE installation SET secret_check = $1"))
            {
                store.Bind(state.SecretCheck);
                await store.ExecuteNonQueryAsync();
            }

            await using (var store = session.Command("UPDATE api_key_state SET cursor_secret = $1"))
            {
                store.Bind(state.CursorSecret);
                await store.ExecuteNonQueryAsync();
            }

            await using (var store = session.Command(StoreEvents))
            {
                store.Bind(state.Events.ReadUpTo);
                store.Bind(state.Events.ExpiredUpTo);
                store.Bind(state.Events.LastExpired);
                await store.ExecuteNonQueryAsync();
            }

            await using (var store = session.Command(StoreNodes))
            {
                store.BindColumn(nodes, node => node.Node);
                store.BindColumn(nodes, node => node.Epoch);
                store.BindColumn(nodes, node => node.ReservedUntil);
                await store.ExecuteNonQueryAsync();
            }

            await (_mark! with { Role = PostgresMoveMark.Done }).StoreAsync(session);
        });

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
