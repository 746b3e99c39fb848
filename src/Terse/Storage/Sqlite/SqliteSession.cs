using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Terse.Storage.Sqlite;

/// <summary>
/// A connection to the database file, with its prepared statements. Not safe for use by several threads at
/// once.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteRows> _rows = new(StringComparer.Ordinal);

    /// <param name="path">The database file.</param>
    /// <param name="mode">
    /// Whether to open the file only for reading, and whether to create a missing file.
    /// </param>
    /// <param name="pragmas">The <c>PRAGMA</c> statements that configure the connection.</param>
    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public SqliteSession(string path, SqliteOpenMode mode, string pragmas)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            _connection.Open();
            Execute(pragmas);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Returns the prepared command for an SQL text, with the values of <c>?1</c>, <c>?2</c>, … set. The SQL
    /// text must be a constant, because the session keeps one command per text. The session owns the command;
    /// the caller must not dispose it.
    /// </summary>
    public SqliteCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = NewCommand(sql);
            for (var number = 1; number <= values.Length; number++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{number}" });
            _commands.Add(sql, command);
        }

        for (var index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index] ?? DBNull.Value;
        return command;
    }

    /// <summary>
    /// Returns the prepared statement for an SQL text that runs for many rows. The SQL text must be a
    /// constant, because the session keeps one statement per text. The session owns the statement; the caller
    /// must not dispose it.
    /// </summary>
    public SqliteRows Rows(string sql)
    {
        if (!_rows.TryGetValue(sql, out var rows))
            _rows.Add(sql, rows = new SqliteRows(_connection.Handle!, sql));
        return rows;
    }

    /// <summary>
    /// Whether the connection is in a transaction that <c>BEGIN</c> began.
    /// </summary>
    public bool IsInTransaction => sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>Lets no trigger run for the statements of this connection.</summary>
    public void DisableTriggers() => SqliteException.ThrowExceptionForRC(
        sqlite3_db_config(_connection.Handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, out _), _connection.Handle);

    /// <summary>Returns a command for an SQL text that runs once. The caller disposes the command.</summary>
    public SqliteCommand Once(string sql) => NewCommand(sql);

    /// <summary>Runs SQL statements once. The session does not keep them prepared.</summary>
    public void Execute(string sql)
    {
        using var command = NewCommand(sql);
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// Copies the database, as it is at one instant, over that of another session. Other connections may
    /// write meanwhile.
    /// </summary>
    public void CopyTo(SqliteSession target) => _connection.BackupDatabase(target._connection);

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        foreach (var rows in _rows.Values)
            rows.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand NewCommand(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
