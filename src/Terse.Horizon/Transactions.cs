using System.Data;
using Npgsql;

namespace Terse.Horizon;

/// <summary>
/// Creates commands that read from one host. PostgreSQL refuses commands that write, unless the read runs
/// inside a surrounding write. Each statement sees its own snapshot of the data. Use the object only inside
/// the callback that receives the object. Not safe for use by several threads at once.
/// </summary>
public sealed class ReadTransaction
{
    private readonly NpgsqlConnection _connection;
    private readonly int? _commandSeconds;

    /// <param name="connection">The connection, on which the transaction has begun if it needs one.</param>
    /// <param name="host">The host of the connection.</param>
    /// <param name="commandSeconds">
    /// How long Npgsql waits for each command; null for the default of the connection.
    /// </param>
    internal ReadTransaction(NpgsqlConnection connection, DatabaseHost host, int? commandSeconds = null) =>
        (_connection, Host, _commandSeconds) = (connection, host, commandSeconds);

    /// <summary>The host that executes the statements.</summary>
    public DatabaseHost Host { get; }

    /// <summary>Creates a command. The caller disposes the command.</summary>
    /// <param name="sql">Constant SQL, with parameters <c>$1</c>, <c>$2</c>, …</param>
    public NpgsqlCommand CreateCommand(string sql)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Callers pass only constant SQL, never user input.
        command.CommandText = sql;
#pragma warning restore CA2100
        if (_commandSeconds is { } seconds)
            command.CommandTimeout = seconds;
        return command;
    }
}

/// <summary>
/// Creates commands that write on the primary. With <c>Cluster.WriteAsync</c>, the transaction is
/// committed after the callback that receives this object has returned. Not safe for use by several threads
/// at once.
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

    /// <summary>The primary, which executes the statements.</summary>
    public DatabaseHost Host { get; }

    /// <summary>The same transaction, for methods that expect a <see cref="ReadTransaction"/>.</summary>
    public ReadTransaction AsRead { get; }

    /// <inheritdoc cref="ReadTransaction.CreateCommand"/>
    public NpgsqlCommand CreateCommand(string sql) => AsRead.CreateCommand(sql);

    /// <summary>
    /// Begins the transaction. Through a pooler, this sets the limits of the transaction, which connections
    /// to a host have from their start.
    /// </summary>
    internal async ValueTask<NpgsqlTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        var transaction = await _connection
            .BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken)
            .ConfigureAwait(false);
        if (Host.HasPooler)
        {
            var limits = CreateCommand(HostPools.SetLimitsOfWrite);
            await using (limits.ConfigureAwait(false))
                await limits.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        return transaction;
    }
}
