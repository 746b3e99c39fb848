using Npgsql;
using NpgsqlTypes;
using Terse.Horizon;
using Terse.Hosting;
using Terse.Storage.Moves;
using Terse.Visits;

namespace Terse.Storage.Postgres;

/// <summary>A connection of a move to the primary, and what both directions of a move need of it.</summary>
internal sealed class PostgresMoveSession : IAsyncDisposable
{
    private readonly Dictionary<string, PostgresMoveSql> _sql = new(StringComparer.Ordinal);
    private readonly NpgsqlConnection _connection;
    private NpgsqlTransaction? _transaction;

    private PostgresMoveSession(NpgsqlConnection connection, string description)
    {
        _connection = connection;
        Description = description;
    }

    public string Description { get; }

    public bool IsInTransaction => _transaction is not null;

    /// <summary>
    /// The connection waits as long as it takes. Without joins by hash or merge, PostgreSQL finds the rows of
    /// a few keys by the index, although it knows nothing about the size of a temporary table.
    /// </summary>
    private const string Settings =
        """
        SET idle_in_transaction_session_timeout = 0;
        SET statement_timeout = 0;
        SET client_connection_check_interval = 0;
        SET lock_timeout = '2s';
        SET synchronous_commit = on;
        SET enable_hashjoin = off;
        SET enable_mergejoin = off;
        """;

    /// <summary>Belongs to the connection. The number is "TERSMOVE" in ASCII.</summary>
    private const string TryLock = "SELECT pg_try_advisory_lock(x'544552534d4f5645'::bigint)";

    /// <exception cref="StartupException">
    /// The primary cannot be reached, its schema has another version, or another process moves it.
    /// </exception>
    public static async Task<PostgresMoveSession> OpenAsync(
        Cluster cluster, CancellationToken cancellationToken)
    {
        var version = await PostgresMigrations.ReadVersionAsync(
            cluster, Freshness.Latest, cancellationToken);
        if (version != PostgresMigrations.SchemaVersion)
        {
            throw new StartupException(
                $"The database has schema {version}, but a move with Terse {Server.Version} needs schema "
                + $"{PostgresMigrations.SchemaVersion}. Run 'terse migrate', or move with the version of "
                + "Terse that migrated the database.");
        }

        var connection = await cluster.OpenPrimaryAsync(cancellationToken);
        var address = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        var session = new PostgresMoveSession(
            connection, $"PostgreSQL {address.Host}:{address.Port}/{address.Database}");
        await session.RunAsync(Settings);
        if (!(bool)(await session.ScalarAsync(TryLock))!)
            throw new StartupException(MoveTexts.IsBusy(session.Description));
        return session;
    }

    public PostgresMoveSql SqlOf(MovedTable table)
    {
        if (!_sql.TryGetValue(table.Name, out var sql))
            _sql.Add(table.Name, sql = new(table));
        return sql;
    }

    public NpgsqlCommand Command(string sql) =>
        new(sql, _connection, _transaction) { CommandTimeout = 0 };

    public async Task RunAsync(string sql)
    {
        await using var command = Command(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var command = Command(sql);
        return await command.ExecuteScalarAsync() is var value and not DBNull ? value : null;
    }

    public async Task BeginAsync(System.Data.IsolationLevel isolation) =>
        _transaction = await _connection.BeginTransactionAsync(isolation);

    public async Task CommitAsync()
    {
        await _transaction!.CommitAsync();
        await EndAsync();
    }

    public async Task RollbackAsync()
    {
        if (_transaction is null)
            return;
        await _transaction.RollbackAsync();
        await EndAsync();
    }

    private async Task EndAsync()
    {
        await _transaction!.DisposeAsync();
        _transaction = null;
    }

    /// <summary>Runs statements in one transaction.</summary>
    public async Task WriteAsync(Func<Task> write)
    {
        await BeginAsync(System.Data.IsolationLevel.ReadCommitted);
        try
        {
            await write();
            await CommitAsync();
        }
        catch
        {
            if (_connection.State == System.Data.ConnectionState.Open)
                await RollbackAsync();
            throw;
        }
    }

    private const string SelectDays =
        """
        SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'visit'::regclass ORDER BY 1
        """;

    public async Task<IReadOnlyList<DateOnly>> FindDaysAsync()
    {
        await using var select = Command(SelectDays);
        await using var row = await select.ExecuteReaderAsync();
        var days = new List<DateOnly>();
        while (await row.ReadAsync())
            days.Add(VisitPartition.Parse(row.GetString(0)));
        return days;
    }

    /// <summary>Runs a query that returns columns of a table, and calls a function for each row.</summary>
    public static async Task ReadAsync(
        NpgsqlCommand command,
        IReadOnlyList<MovedColumn> columns,
        Action<object?[], NpgsqlDataReader> each)
    {
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
            each(ValuesOf(row, columns), row);
    }

    private static object?[] ValuesOf(NpgsqlDataReader row, IReadOnlyList<MovedColumn> columns)
    {
        var values = new object?[columns.Count];
        for (var index = 0; index < values.Length; index++)
            values[index] = row.IsDBNull(index) ? null : ValueOf(row, index, columns[index].Kind);
        return values;
    }

    private static object ValueOf(NpgsqlDataReader row, int index, ColumnKind kind) => kind switch
    {
        ColumnKind.Number => row.GetInt64(index),
        ColumnKind.Bytes => row.GetFieldValue<byte[]>(index),
        ColumnKind.Flag => row.GetBoolean(index) ? 1L : 0L,
        ColumnKind.Microseconds or ColumnKind.Milliseconds or ColumnKind.Seconds or ColumnKind.Hours =>
            MovedValues.FromInstant(row.GetDateTime(index), kind),
        ColumnKind.Duration => (long)row.GetFieldValue<TimeSpan>(index).TotalMilliseconds,
        ColumnKind.Uuid => row.GetGuid(index).ToByteArray(bigEndian: true),
        ColumnKind.Json => MovedValues.Normalize(row.GetString(index)),
        _ => row.GetString(index),
    };

    public async Task<TableSum> SumAsync(MovedTable table, string sql)
    {
        var sum = default(TableSum);
        await using var select = Command(sql);
        await ReadAsync(select, table.Columns, (row, _) => sum += TableSum.OfRow(row));
        return sum;
    }

    /// <summary>Sends rows with the given columns, in PostgreSQL's binary format.</summary>
    public async Task CopyAsync(
        string copy, IReadOnlyList<MovedColumn> columns, IEnumerable<object?[]> rows)
    {
        await using var import = await _connection.BeginBinaryImportAsync(copy);
        import.Timeout = TimeSpan.FromHours(1);
        foreach (var row in rows)
        {
            await import.StartRowAsync();
            for (var index = 0; index < columns.Count; index++)
                await WriteAsync(import, row[index], columns[index].Kind);
        }

        await import.CompleteAsync();
    }

    private static Task WriteAsync(NpgsqlBinaryImporter import, object? value, ColumnKind kind) =>
        value is null ? import.WriteNullAsync() : kind switch
        {
            ColumnKind.Number => import.WriteAsync((long)value, NpgsqlDbType.Bigint),
            ColumnKind.Bytes => import.WriteAsync((byte[])value, NpgsqlDbType.Bytea),
            ColumnKind.Flag => import.WriteAsync((long)value != 0, NpgsqlDbType.Boolean),
            ColumnKind.Microseconds or ColumnKind.Milliseconds or ColumnKind.Seconds or ColumnKind.Hours =>
                import.WriteAsync(MovedValues.ToInstant((long)value, kind), NpgsqlDbType.TimestampTz),
            ColumnKind.Duration =>
                import.WriteAsync(TimeSpan.FromMilliseconds((long)value), NpgsqlDbType.Interval),
            ColumnKind.Uuid => import.WriteAsync(new Guid((byte[])value, bigEndian: true), NpgsqlDbType.Uuid),
            _ => import.WriteAsync((string)value, NpgsqlDbType.Text),
        };

    /// <summary>Runs a move, and translates errors of the primary.</summary>
    /// <exception cref="StartupException">The primary is lost, or refuses a statement.</exception>
    public static async Task TranslateAsync(Func<Task> move)
    {
        try
        {
            await move();
        }
        catch (NpgsqlException exception)
        {
            throw new StartupException(
                $"PostgreSQL: {(exception as PostgresException)?.MessageText ?? exception.Message} "
                + "Nothing is lost: run the command again, and the move goes on where it was.",
                exception);
        }
        catch (HostUnavailableException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
