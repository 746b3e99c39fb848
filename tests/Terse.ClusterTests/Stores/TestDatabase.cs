using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Terse.Horizon;

namespace Terse.ClusterTests;

/// <summary>An empty database, and its stores as the program builds them.</summary>
internal sealed class TestDatabase(ServiceProvider services) : IAsyncDisposable
{
    public Cluster Cluster { get; } = services.GetRequiredService<Cluster>();

    /// <summary>One of the stores.</summary>
    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Sets the clock of the database. Before the first call it is the real clock.</summary>
    public Task SetClockAsync(DateTimeOffset now) =>
        ExecuteAsync("WITH old AS (DELETE FROM fake.clock) INSERT INTO fake.clock VALUES ($1)", now);

    public Task ExecuteAsync(string sql, params object[] values) => Cluster.WriteAsync(
        (sql, values),
        static async (write, statement, token) =>
        {
            await using var command = write.CreateCommand(statement.sql);
            foreach (var value in statement.values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            return await command.ExecuteNonQueryAsync(token);
        },
        default);

    /// <summary>Reads one whole number.</summary>
    public Task<long> ReadAsync(string sql) => Cluster.ReadAsync(
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
