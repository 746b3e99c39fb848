using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Reads on one host; what it runs cannot write. Each statement sees a snapshot of its own. For one thread at
/// a time, and only inside the work that it was given to.
/// </summary>
public sealed class ReadTransaction
{
    private readonly NpgsqlConnection _connection;

    internal ReadTransaction(NpgsqlConnection connection, DatabaseHost host) =>
        (_connection, Host) = (connection, host);

    /// <summary>Which host answers.</summary>
    public DatabaseHost Host { get; }

    /// <summary>A command; the caller disposes it.</summary>
    /// <param name="sql">Constant SQL, with parameters <c>$1</c>, <c>$2</c>, …</param>
    public NpgsqlCommand CreateCommand(string sql)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The SQL is the caller's, and constant by contract.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}

/// <summary>
/// Writes on the primary, committed when the work that it was given to has ended. For one thread at a time.
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

    /// <summary>The same transaction for what only reads.</summary>
    public ReadTransaction AsRead { get; }

    /// <inheritdoc cref="ReadTransaction.CreateCommand"/>
    public NpgsqlCommand CreateCommand(string sql) => AsRead.CreateCommand(sql);

    internal ValueTask<NpgsqlTransaction> BeginAsync(CancellationToken cancellationToken) =>
        _connection.BeginTransactionAsync(cancellationToken);
}
