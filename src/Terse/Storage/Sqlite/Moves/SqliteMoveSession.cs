using Microsoft.Data.Sqlite;
using Terse.Hosting;
using Terse.Storage.Moves;

namespace Terse.Storage.Sqlite;

/// <summary>A connection of a move to a SQLite file, and what both directions of a move need of it.</summary>
internal sealed class SqliteMoveSession : IDisposable
{
    private const string Pragmas =
        """
        PRAGMA busy_timeout = 10000;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA cache_size = -65536;
        """;

    private readonly Dictionary<string, SqliteMoveSql> _sql = new(StringComparer.Ordinal);

    public SqliteMoveSession(string path, SqliteOpenMode mode)
    {
        Path = path;
        Session = new(path, mode, Pragmas);
    }

    public string Path { get; }

    public SqliteSession Session { get; }

    public SqliteMoveSql SqlOf(MovedTable table)
    {
        if (!_sql.TryGetValue(table.Name, out var sql))
            _sql.Add(table.Name, sql = new(table));
        return sql;
    }

    public object? Scalar(string sql)
    {
        using var command = Session.Once(sql);
        return command.ExecuteScalar() is var value and not DBNull ? value : null;
    }

    public bool Has(string type, string name) => (long)Session
        .Command("SELECT count(*) FROM sqlite_schema WHERE type = ?1 AND name = ?2", type, name)
        .ExecuteScalar()! > 0;

    /// <summary>Reads all rows of a query, each with the given number of columns of a table.</summary>
    public static IEnumerable<object?[]> Read(
        SqliteCommand command, IReadOnlyList<MovedColumn> columns, Action<SqliteDataReader>? each = null)
    {
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            var values = new object?[columns.Count];
            for (var index = 0; index < values.Length; index++)
                values[index] = ValueOf(row.GetValue(index), columns[index].Kind);
            each?.Invoke(row);
            yield return values;
        }
    }

    private static object? ValueOf(object value, ColumnKind kind) => value switch
    {
        DBNull => null,
        string text when kind == ColumnKind.Json => MovedValues.Normalize(text),
        string text => MovedValues.WithoutNull(text),
        _ => value,
    };

    public TableSum Sum(MovedTable table)
    {
        using var command = Session.Once(SqlOf(table).SelectAll);
        return TableSum.Of(Read(command, table.Columns));
    }

    public IReadOnlyList<MovedTable> FindTables() =>
        [.. MovedTables.All, .. SqliteVisitPartitions.Read(Session).Select(MovedTable.OfDay)];

    /// <summary>Runs statements in one transaction.</summary>
    public void Write(Action write)
    {
        Session.Execute("BEGIN IMMEDIATE");
        try
        {
            write();
            Session.Execute("COMMIT");
        }
        catch
        {
            Rollback();
            throw;
        }
    }

    public void Rollback()
    {
        if (Session.IsInTransaction)
            Session.Execute("ROLLBACK");
    }

    /// <summary>Runs a move, and translates errors of SQLite.</summary>
    /// <exception cref="StartupException">The file cannot be used, or the disk is full.</exception>
    public static async Task TranslateAsync(string path, Func<Task> move)
    {
        try
        {
            await move();
        }
        catch (SqliteException exception)
        {
            throw new StartupException(
                $"{path}: {SqliteErrors.Describe(exception) ?? exception.Message} Nothing is lost: run the "
                + "command again, and the move goes on where it was.",
                exception);
        }
    }

    public void Dispose() => Session.Dispose();
}
