using Microsoft.Data.Sqlite;

namespace Terse.Storage.Sqlite;

/// <summary>
/// One connection and its prepared statements. Not thread-safe: one thread at a time.
/// </summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteRows> _rows = new(StringComparer.Ordinal);

    /// <param name="path">The database file.</param>
    /// <param name="mode">Whether to create a file that does not exist.</param>
    /// <param name="pragmas">Statements that configure the connection.</param>
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
    /// Returns the prepared command of a constant SQL text, with the values of <c>?1</c>, <c>?2</c>, … set.
    /// The session owns the command; the caller must not dispose it.
    /// </summary>
    public SqliteCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = NewCommand(sql);
            for (var number = 1; number <= values.Length; number++)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{number}" });
            _commands.Add(sql, command);
        }

        for (var index = 0; index < values.Length; index++)
            command.Parameters[index].Value = values[index];
        return command;
    }

    /// <summary>
    /// Returns the prepared statement of a constant SQL text that runs for many rows. The session owns the
    /// statement; the caller must not dispose it.
    /// </summary>
    public SqliteRows Rows(string sql)
    {
        if (!_rows.TryGetValue(sql, out var rows))
            _rows.Add(sql, rows = new SqliteRows(_connection.Handle!, sql));
        return rows;
    }

    /// <summary>Runs statements once, without preparing them for later.</summary>
    public void Execute(string sql)
    {
        using var command = NewCommand(sql);
        command.ExecuteNonQuery();
    }

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
