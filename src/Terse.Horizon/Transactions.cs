using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Statements that read on one host. PostgreSQL refuses writes on its connection. Each statement sees its own
/// snapshot. For one thread at a time, and only inside the callback that receives it.
/// </summary>
public sealed class ReadTransaction
{
    private readonly NpgsqlConnection _connection;

    internal ReadTransaction(NpgsqlConnection connection, DatabaseHost host) =>
        (_connection, Host) = (connection, host);

    /// <summary>The host that answers.</summary>
    public DatabaseHost Host { get; }

    /// <summary>Creates a command; the caller disposes it.</summary>
    /// <param name="sql">Constant SQL, with parameters <c>$1</c>, <c>$2</c>, …</param>
    public NpgsqlCommand CreateCommand(string sql)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // By contract the caller passes constant SQL.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}

/// <summary>
/// Statements that write on the primary; they are committed when the callback that receives the transaction
/// returns. For one thread at a time.
/// </summary>
public sealed class WriteTransaction
{
    private readonly NpgsqlConnection _connection;

    internal WriteTransaction(NpgsqlConnection connection, DatabaseHost host)
    {
        _connection = connection;
        Host = host;
        AsRead = new ReadTransaction(connection, host);
    }

    /// <summary>The primary.</summary>
    public DatabaseHost Host { get; }

    /// <summary>The same transaction, for code that only reads.</summary>
    public ReadTransaction AsRead { get; }

    /// <inheritdoc cref="ReadTransaction.CreateCommand"/>
    public NpgsqlCommand CreateCommand(string sql) => AsRead.CreateCommand(sql);

    internal ValueTask<NpgsqlTransaction> BeginAsync(CancellationToken cancellationToken) =>
        _connection.BeginTransactionAsync(cancellationToken);
}
