using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A prepared statement that runs for thousands of rows. It binds parameters with SQLite's own functions,
/// because the driver finds each parameter by its name for each row, which takes longer than the row itself.
/// Not thread-safe: one thread at a time.
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

    /// <summary>Binds the next parameter; the first is <c>?1</c>.</summary>
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

    /// <summary>Runs the statement with the bound values; the next row binds from <c>?1</c> again.</summary>
    /// <exception cref="SqliteException">The row cannot be written.</exception>
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
