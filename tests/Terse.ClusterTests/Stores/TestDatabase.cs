using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>A new database for one test, and the stores that the Terse server would use on it.</summary>
internal sealed class TestDatabase(ServiceProvider services) : IAsyncDisposable
{
    public Cluster Cluster { get; } = services.GetRequiredService<Cluster>();

    /// <summary>Returns the store (or another service) of this type.</summary>
    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>
    /// Makes <c>clock_timestamp()</c> in this database return a fixed time. Until a test calls this method,
    /// the function returns the real time.
    /// </summary>
    public Task SetClockAsync(DateTimeOffset now) =>
        ExecuteAsync("WITH old AS (DELETE FROM fake.clock) INSERT INTO fake.clock VALUES ($1)", now);

    /// <summary>Deletes expired rows, as every Terse server does in the background.</summary>
    public Task CleanUpAsync() =>
        new PostgresCleanup(Cluster, TimeProvider.System, NullLogger<PostgresCleanup>.Instance)
            .DeleteExpiredAsync(default);

    public Task ExecuteAsync(string sql, params object[] values) => Cluster.WriteAsync(
        ConnectionShare.Nodes,
        (sql, values),
        static async (write, statement, token) =>
        {
            await using var command = write.CreateCommand(statement.sql);
            foreach (var value in statement.values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            return await command.ExecuteNonQueryAsync(token);
        },
        default);

    /// <summary>Runs a query that returns one <c>bigint</c>, and returns the number.</summary>
    public Task<long> ReadAsync(string sql) => Cluster.ReadAsync(
        ConnectionShare.Nodes,
        Freshness.Latest,
        sql,
        static async (read, sql, token) =>
        {
            await using var command = read.CreateCommand(sql);
            return (long)(await command.ExecuteScalarAsync(token))!;
        },
        default);

    public ValueTask DisposeAsync() => services.DisposeAsync();
}
