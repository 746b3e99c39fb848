using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A prepared statement that runs for thousands of rows. The class binds parameters with
/// SQLite's own functions, because the .NET driver looks up each parameter by its name for each row, and that
/// takes longer than writing the row. Not safe for use by several threads at once.
/// </summary>
internal sealed class SqliteRows : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _bound;

    /// <exception cref="SqliteException">The statement cannot be prepared.</exception>
    public SqliteRows(sqlite3 database, string sql)
    {
        _database = database;
        SqliteException.ThrowExceptionForRC(sqlite3_prepare_v2(database, sql, out _statement), database);
    }

    /// <summary>
    /// Binds a value to the next parameter: the first call binds <c>?1</c>, the second call <c>?2</c>.
    /// </summary>
    public SqliteRows With(long value)
    {
        SqliteException.ThrowExceptionForRC(sqlite3_bind_int64(_statement, ++_bound, value), _database);
        return this;
    }

    /// <inheritdoc cref="With(long)"/>
    public SqliteRows With(string value)
    {
        SqliteException.ThrowExceptionForRC(sqlite3_bind_text(_statement, ++_bound, value), _database);
        return this;
    }

    /// <inheritdoc cref="With(long)"/>
    public SqliteRows With(ReadOnlySpan<byte> value)
    {
        var result = value.IsEmpty
            ? sqlite3_bind_zeroblob(_statement, ++_bound, 0)
            : sqlite3_bind_blob(_statement, ++_bound, value);
        SqliteException.ThrowExceptionForRC(result, _database);
        return this;
    }

    /// <summary>Binds an integer, a text, bytes or null to each parameter.</summary>
    public SqliteRows WithAll(ReadOnlySpan<object?> values)
    {
        foreach (var value in values)
        {
            _ = value switch
            {
                long number => With(number),
                string text => With(text),
                byte[] bytes => With(bytes.AsSpan()),
                _ => WithNull(),
            };
        }

        return this;
    }

    private SqliteRows WithNull()
    {
        SqliteException.ThrowExceptionForRC(sqlite3_bind_null(_statement, ++_bound), _database);
        return this;
    }

    /// <summary>
    /// Reads the next row; false at the end. The caller reads until the end, or calls <see cref="Reset"/>.
    /// </summary>
    /// <exception cref="SqliteException">Reading the row failed.</exception>
    public bool Read()
    {
        var result = sqlite3_step(_statement);
        if (result == SQLITE_ROW)
            return true;
        Reset();
        if (result != SQLITE_DONE)
            SqliteException.ThrowExceptionForRC(result, _database);
        return false;
    }

    /// <summary>Returns a column of the current row.</summary>
    public long Number(int column) => sqlite3_column_int64(_statement, column);

    /// <summary>
    /// Returns a column of the current row. The bytes are valid until the statement reads the next row.
    /// </summary>
    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(_statement, column);

    /// <inheritdoc cref="Number"/>
    public string Text(int column) => sqlite3_column_text(_statement, column).utf8_to_string();

    /// <summary>Ends reading, so that the statement can run again.</summary>
    public void Reset()
    {
        _bound = 0;
        _ = sqlite3_reset(_statement); // returns the error of the last step, which the caller knows
    }

    /// <summary>
    /// Runs the statement with the bound values. After that, <see cref="With(long)"/> begins with <c>?1</c>
    /// again.
    /// </summary>
    /// <exception cref="SqliteException">Writing the row failed.</exception>
    public void Run()
    {
        _bound = 0;
        var result = sqlite3_step(_statement);
        if (result != SQLITE_DONE)
            SqliteException.ThrowExceptionForRC(result, _database);
        SqliteException.ThrowExceptionForRC(sqlite3_reset(_statement), _database);
    }

    public void Dispose() => _statement.Dispose();
}
