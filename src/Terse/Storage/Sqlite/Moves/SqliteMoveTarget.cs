using System.Globalization;
using Microsoft.Data.Sqlite;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage.Moves;
using Terse.Visits;

namespace Terse.Storage.Sqlite;

/// <inheritdoc cref="IMoveTarget"/>
/// <remarks>
/// The rows go to a file beside the database, whose rename is the last step. A database that has moved away
/// from the folder earlier keeps another name.
/// </remarks>
internal sealed class SqliteMoveTarget : IMoveTarget
{
    private readonly string _path;
    private readonly FolderLock _folder;
    private readonly MoveLock _lock;
    private readonly SqliteMoveSession _file;
    private SqliteMoveMark? _mark;

    /// <exception cref="StartupException">
    /// A server uses the folder, or it has a database that has not moved.
    /// </exception>
    public SqliteMoveTarget(StorageOptions options)
    {
        OwnFiles.CreateFolder(options.Folder);
        _path = SqliteDatabase.PathIn(options.Folder);
        _folder = FolderLock.TakeAlone(options.Folder);
        _lock = MoveLock.Take(options.Folder);
        var unfinished = SqliteMoveMark.UnfinishedOf(_path);
        var existing = ReadMark(_path);
        var isDone = existing is { Role: SqliteMoveMark.Done } && !File.Exists(unfinished);
        if (File.Exists(_path) && !isDone && existing?.Role != SqliteMoveMark.Closed)
        {
            throw new StartupException(HasDatabase(_path));
        }

        if (!isDone)
            OwnFiles.CreateFile(unfinished);
        _file = new(isDone ? _path : unfinished, SqliteOpenMode.ReadWrite);
    }

    /// <inheritdoc/>
    public string Description => $"SQLite {Path.GetFullPath(_path)}";

    private static string HasDatabase(string path) =>
        $"{path} exists. A move needs a folder without a database; set it with --data.";

    private static SqliteMoveMark? ReadMark(string path)
    {
        if (!File.Exists(path))
            return null;
        using var session = new SqliteSession(path, SqliteOpenMode.ReadWrite, "PRAGMA query_only = ON");
        return SqliteMoveMark.Read(session);
    }

    /// <inheritdoc/>
    public Task<bool> BeginAsync(string source, string id)
    {
        _mark = SqliteMoveMark.Read(_file.Session);
        if (_mark is null)
        {
            SqliteMigrations.Apply(_file.Session);
            _mark = new(id, SqliteMoveMark.Target, source);
            _file.Write(() =>
            {
                _file.Session.Execute(SqliteMoveMark.Create);
                _file.Session.Execute(CreateProgress);
                _mark.Store(_file.Session);
            });
        }

        if (_mark.Id != id && _mark.Role == SqliteMoveMark.Done)
            throw new StartupException(HasDatabase(_path));
        if (_mark.Id != id)
        {
            throw new StartupException(
                $"{_file.Path} belongs to another move. Delete it, or set another folder with --data.");
        }

        SqliteMigrations.AssertIsOurs(_file.Session, _file.Path);
        SqliteMigrations.AssertIsCurrent(_file.Session, _file.Path);
        _file.Session.DisableTriggers();
        if (_mark.Role != SqliteMoveMark.Done)
            return Task.FromResult(false);
        if (_file.Path != _path)
            Rename();
        return Task.FromResult(true);
    }

    private const string CreateProgress =
        """
        CREATE TABLE move_progress (
            table_name TEXT    PRIMARY KEY,
            position   TEXT,             -- of the last copied row
            rows       INTEGER NOT NULL,
            is_done    INTEGER NOT NULL
        ) STRICT;
        """;

    /// <inheritdoc/>
    public Task<IReadOnlyList<DateOnly>> FindDaysAsync() =>
        Task.FromResult<IReadOnlyList<DateOnly>>(SqliteVisitPartitions.Read(_file.Session));

    /// <inheritdoc/>
    public Task CreateDayAsync(DateOnly day)
    {
        _file.Session.Execute(SqliteVisitPartitions.CreateDay(day));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DropDayAsync(DateOnly day)
    {
        var table = VisitPartition.TableName(day);
        _file.Write(() =>
        {
            _file.Session.Execute($"DROP TABLE {table}");
            _file.Session.Command("DELETE FROM move_progress WHERE table_name = ?1", table).ExecuteNonQuery();
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<CopyProgress> ReadProgressAsync(MovedTable table) => Task.FromResult(ReadProgress(table));

    private CopyProgress ReadProgress(MovedTable table)
    {
        using var row = _file.Session.Command(
            "SELECT position, rows, is_done FROM move_progress WHERE table_name = ?1", table.Name)
            .ExecuteReader();
        return row.Read()
            ? new(row.IsDBNull(0) ? null : row.GetString(0), row.GetInt64(1), row.GetBoolean(2))
            : CopyProgress.None;
    }

    /// <inheritdoc/>
    public Task InsertAsync(MovedTable table, IReadOnlyList<object?[]> rows, CopyProgress progress)
    {
        _file.Write(() =>
        {
            Insert(_file.SqlOf(table).Insert(skipsExisting: true), rows);
            _file.Session.Command(
                "INSERT OR REPLACE INTO move_progress (table_name, position, rows, is_done) "
                + "VALUES (?1, ?2, ?3, ?4)",
                table.Name,
                progress.Position,
                progress.Rows,
                progress.IsDone ? 1L : 0L).ExecuteNonQuery();
        });
        return Task.CompletedTask;
    }

    private void Insert(string sql, IReadOnlyList<object?[]> rows)
    {
        var insert = _file.Session.Rows(sql);
        foreach (var row in rows)
            insert.WithAll(row).Run();
    }

    /// <inheritdoc/>
    public Task ReplaceAsync(MovedTable table, ChangedRows changed)
    {
        _file.Write(() =>
        {
            var delete = _file.Session.Rows(_file.SqlOf(table).DeleteKey);
            foreach (var key in changed.Keys)
                delete.WithAll(key).Run();
            Insert(_file.SqlOf(table).Insert(skipsExisting: false), changed.Rows);
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<TableSum> SumAsync(MovedTable table, IReadOnlyList<object?[]> keys)
    {
        var sum = default(TableSum);
        foreach (var key in keys.DistinctBy(key => TableSum.OfRow(key).Checksum))
        {
            sum += TableSum.Of(SqliteMoveSession.Read(
                _file.Session.Command(_file.SqlOf(table).SelectKey, key), table.Columns));
        }

        return Task.FromResult(sum);
    }

    /// <inheritdoc/>
    public Task<TableSum> SumAsync(MovedTable table) => Task.FromResult(_file.Sum(table));

    /// <inheritdoc/>
    public Task AnalyzeAsync()
    {
        _file.Session.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return Task.CompletedTask;
    }

    private const string Complete =
        """
        UPDATE list_progress SET older_than = (SELECT max(id) + 1 FROM link);
        UPDATE missing_targets SET next_id = 0, last_id = coalesce((SELECT max(id) FROM link), -1);
        DELETE FROM installation;
        INSERT INTO installation (one, epoch)
        SELECT 1, epoch FROM id_layout WHERE number = (SELECT min(number) FROM id_layout);
        DROP TABLE move_progress;
        """;

    private const string SetSequence =
        """
        INSERT INTO sqlite_sequence (name, seq)
        SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)
        """;

    /// <inheritdoc/>
    public Task CompleteAsync(MovedState state, IReadOnlyList<NodeRow> nodes, DateTimeOffset now)
    {
        var session = _file.Session;
        _file.Write(() =>
        {
            session.Execute(Complete);
            session.Command("UPDATE installation SET secret_check = ?1", state.SecretCheck).ExecuteNonQuery();
            session.Command("UPDATE api_key_state SET cursor_secret = ?1", state.CursorSecret.ToByteArray())
                .ExecuteNonQuery();
            foreach (var ((name, _, _), value) in MovedTables.Sequences.Zip(state.Sequences))
                SetSequenceOf(name, value);
            session.Command("UPDATE event_clock SET at = ?1", state.Events.ReadUpTo).ExecuteNonQuery();
            session.Command(
                "UPDATE link_expiry SET done_up_to = ?1, last_id = ?2",
                state.Events.ExpiredUpTo,
                state.Events.LastExpired).ExecuteNonQuery();
            foreach (var node in nodes)
                SqliteNodeStore.Store(session, node);
            (_mark! with { Role = SqliteMoveMark.Done }).Store(session);
        });
        Rename(now);
        return Task.CompletedTask;
    }

    private void SetSequenceOf(string name, long value)
    {
        var session = _file.Session;
        if (name == "visit_number")
        {
            // The next number is greater than the last one of PostgreSQL, whichever of the two this is.
            session.Command("UPDATE visit_number SET next_number = ?1", value + 1).ExecuteNonQuery();
        }
        else if (name == "event")
        {
            session.Command("UPDATE event_clock SET number = ?1", value).ExecuteNonQuery();
        }
        else if (name is "block" or "link_report")
        {
            session.Command(SetSequence, name, value).ExecuteNonQuery();
            session.Command("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", name, value)
                .ExecuteNonQuery();
        }
    }

    /// <summary>
    /// Gives the file its name. There is a complete database at every instant: either the closed one of an
    /// earlier move, or the new one.
    /// </summary>
    private void Rename(DateTimeOffset? now = null)
    {
        _file.Session.Execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
        _file.Dispose();
        if (File.Exists(_path))
        {
            var date = (now ?? new DateTimeOffset(File.GetLastWriteTimeUtc(_path)))
                .ToString("'.moved-'yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
            using (var old = new SqliteSession(_path, SqliteOpenMode.ReadWrite, "PRAGMA busy_timeout = 1000"))
                old.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            File.Copy(_path, _path + date, overwrite: true);
            File.Delete(_path + "-wal");
            File.Delete(_path + "-shm");
        }

        File.Move(_file.Path, _path, overwrite: true);
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        _lock.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
