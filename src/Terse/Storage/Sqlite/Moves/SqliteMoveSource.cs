using Microsoft.Data.Sqlite;
using Terse.Hosting;
using Terse.Storage.Moves;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IMoveSource"/>
internal sealed class SqliteMoveSource : IMoveSource
{
    private readonly SqliteMoveSession _file;
    private readonly MoveLock _lock;
    private SqliteMoveMark? _mark;

    /// <exception cref="StartupException">
    /// There is no file of this version, or another process moves it.
    /// </exception>
    public SqliteMoveSource(StorageOptions options)
    {
        SqliteDatabase.Read(options, static (session, path) =>
        {
            SqliteMigrations.AssertIsCurrent(session, path);
            return 0;
        });
        var path = SqliteDatabase.PathIn(options.Folder);
        _lock = MoveLock.Take(options.Folder);
        _file = new(path, SqliteOpenMode.ReadWrite);
    }

    /// <inheritdoc/>
    public string Description => $"SQLite {Path.GetFullPath(_file.Path)}";

    /// <inheritdoc/>
    public Task<MoveMark> BeginAsync(string target, string newId)
    {
        _file.Write(() =>
        {
            _mark = SqliteMoveMark.Read(_file.Session);
            if (_mark?.Role == SqliteMoveMark.Target)
                throw new StartupException(MoveTexts.IsUnfinished(Description, _mark.Peer));
            if (_mark is { Role: not SqliteMoveMark.Done } && _mark.Peer != target)
            {
                throw new StartupException(_mark.Role == SqliteMoveMark.Closed
                    ? MoveTexts.HasMoved(Description, _mark.Peer)
                    : MoveTexts.OtherMove(Description, _mark.Peer));
            }

            if (_mark is { Role: not SqliteMoveMark.Done })
                return;
            _file.Session.Execute(SqliteMoveMark.Create);
            _mark = new(newId, SqliteMoveMark.Source, target);
            _mark.Store(_file.Session);
        });
        return Task.FromResult(new MoveMark(_mark!.Id, _mark.Role == SqliteMoveMark.Closed));
    }

    /// <inheritdoc/>
    public Task CancelAsync()
    {
        _file.Write(() =>
        {
            if (SqliteMoveMark.Read(_file.Session) is not { Role: not SqliteMoveMark.Done } mark)
                throw new StartupException($"No move of {Description} has begun.");
            if (mark.Role != SqliteMoveMark.Source)
                throw new StartupException(MoveTexts.HasMoved(Description, mark.Peer));
            foreach (var table in _file.FindTables())
                _file.Session.Execute(_file.SqlOf(table).Untrack);
            _file.Session.Execute("DROP TABLE move_state");
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<MovedTable>> FindTablesAsync() => Task.FromResult(_file.FindTables());

    /// <inheritdoc/>
    /// <remarks>
    /// While the file is locked, nothing changes, so that the table of a new day needs no record.
    /// </remarks>
    public Task TrackAsync(MovedTable table)
    {
        if (!_file.Session.IsInTransaction && !_file.Has("table", SqliteMoveSql.LogOf(table.Name)))
            _file.Write(() => _file.Session.Execute(_file.SqlOf(table).Track));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<MovedRows> ReadAsync(MovedTable table, string? position, int limit)
    {
        using var select = _file.Session.Once(_file.SqlOf(table).SelectNext(position, limit));
        string? last = null;
        var rows = SqliteMoveSession
            .Read(select, table.Columns, row => last = row.GetString(table.Columns.Count)).ToList();
        return Task.FromResult(new MovedRows(rows, last));
    }

    /// <inheritdoc/>
    public Task<long> CountAsync(MovedTable table) =>
        Task.FromResult((long)_file.Scalar($"SELECT count(*) FROM {table.Name}")!);

    /// <inheritdoc/>
    /// <remarks>The instant is that of the first statement.</remarks>
    public Task OpenSnapshotAsync()
    {
        _file.Session.Execute("BEGIN; SELECT count(*) FROM move_state");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task LockAsync(IReadOnlyList<MovedTable> tables)
    {
        _file.Session.Execute("BEGIN IMMEDIATE");
        SqliteMigrations.AssertIsOurs(_file.Session, _file.Path);
        return Task.CompletedTask;
    }

    private const string CountParts =
        """
        SELECT (SELECT count(*) FROM visit_run WHERE counted IS NOT NULL)
            + (SELECT count(*) FROM visit_batch WHERE counted IS NOT NULL)
        """;

    /// <inheritdoc/>
    public Task<string?> WhyBusyAsync() => Task.FromResult<string?>(
        (long)_file.Scalar(CountParts)! > 0 ? "A server has counted a part of a batch of visits."
        : (long)_file.Scalar("SELECT count(*) FROM tag_change")! > 0 ? "The change of a tag has not ended."
        : null);

    /// <inheritdoc/>
    public Task<ChangedRows> ReadChangesAsync(MovedTable table, long after, int limit)
    {
        if (!_file.Has("table", SqliteMoveSql.LogOf(table.Name)))
            return Task.FromResult(new ChangedRows([], [], []));
        var sql = _file.SqlOf(table);
        var (numbers, keys) = (new List<long>(), new List<object?[]>());
        MovedColumn[] columns = [new("seq", ColumnKind.Number), .. table.Key];
        foreach (var change in SqliteMoveSession.Read(
            _file.Session.Command(sql.SelectChanges, after, (long)limit), columns))
        {
            numbers.Add((long)change[0]!);
            keys.Add(change[1..]);
        }

        var rows = numbers.Count == 0 ? [] : SqliteMoveSession.Read(
            _file.Session.Command(sql.SelectChanged, after, numbers[^1]), table.Columns).ToList();
        return Task.FromResult(new ChangedRows(numbers, keys, rows));
    }

    /// <inheritdoc/>
    /// <remarks>Short transactions, because servers wait for them.</remarks>
    public Task ForgetAsync(MovedTable table, IReadOnlyList<long> numbers)
    {
        Forget(table, numbers);
        return Task.CompletedTask;
    }

    private void Forget(MovedTable table, IReadOnlyList<long> numbers)
    {
        const int MaxForgotten = 5_000;
        for (var done = 0; done < numbers.Count; done += MaxForgotten)
        {
            var last = numbers[Math.Min(done + MaxForgotten, numbers.Count) - 1];
            _file.Session.Command(_file.SqlOf(table).Forget, numbers[done] - 1, last).ExecuteNonQuery();
        }
    }

    /// <inheritdoc/>
    public Task<TableSum> SumAsync(MovedTable table) => Task.FromResult(_file.Sum(table));

    /// <inheritdoc/>
    public Task<MovedState> ReadStateAsync() => Task.FromResult(new MovedState(
        _file.Scalar("SELECT secret_check FROM installation") as string,
        new Guid((byte[])_file.Scalar("SELECT cursor_secret FROM api_key_state")!),
        [.. MovedTables.Sequences.Select(sequence => _file.Scalar(sequence.Sqlite) as long? ?? 0)],
        _file.Scalar("SELECT max(id) FROM link") as long?,
        new(
            (long)_file.Scalar("SELECT at FROM event_clock")!,
            (long)_file.Scalar("SELECT done_up_to FROM link_expiry")!,
            (long)_file.Scalar("SELECT last_id FROM link_expiry")!)));

    /// <inheritdoc/>
    public Task ReleaseAsync()
    {
        _file.Rollback();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CloseAsync(IReadOnlyList<MovedTable> tables)
    {
        foreach (var table in tables)
        {
            _file.Session.Execute(_file.SqlOf(table).Untrack);
            _file.Session.Execute(SqliteMoveSql.CloseOf(table.Name));
        }

        _file.Session.Execute(SqliteMoveSql.CloseOf("tag_change"));
        _file.Session.Execute(SqliteMoveSql.CloseOf("event_clock")); // The end of the log stays where it is.
        (_mark! with { Role = SqliteMoveMark.Closed }).Store(_file.Session);
        _file.Session.Execute("COMMIT");
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        _lock.Dispose();
        return ValueTask.CompletedTask;
    }
}
