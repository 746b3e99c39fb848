using Npgsql;
using Terse.Harness;
using Terse.Horizon;

namespace Terse.ClusterTests;

/// <summary>
/// Tests of <see cref="Cluster"/> through PgBouncer in transaction mode. Consecutive transactions run on
/// different connections, so a test fails if a transaction depends on the state of a session.
/// </summary>
public sealed class PgBouncerTests(PooledHost host) : IClassFixture<PooledHost>
{
    private const int Repetitions = 4 * PgBouncer.PoolSize;

    [Fact]
    public async Task PostgreSQL_refuses_a_read_through_PgBouncer_that_writes()
    {
        await using var cluster = await host.ConnectAsync();

        using var read = cluster.PickHost(Freshness.Any);
        await using var connection = await cluster.OpenAsync(read, default);
        await using var write = new NpgsqlCommand("CREATE TABLE written ()", connection);
        var exception = await Assert.ThrowsAsync<PostgresException>(() => write.ExecuteNonQueryAsync());

        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, exception.SqlState);
    }

    [Fact]
    public async Task Each_write_through_PgBouncer_has_its_own_limits()
    {
        await using var cluster = await host.ConnectAsync();
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            Assert.Equal("1500ms", await WriteAsync(cluster, "SHOW lock_timeout"));
            Assert.Equal("5s", await WriteAsync(cluster, "SHOW idle_in_transaction_session_timeout"));
            Assert.Equal(
                "0",
                await cluster.ReadAsync(
                    ConnectionShare.Nodes, Freshness.Latest, "SHOW lock_timeout", ReadAsync, default));
        }
    }

    [Fact]
    public async Task All_statements_of_a_read_through_PgBouncer_run_on_one_connection()
    {
        await using var cluster = await host.ConnectAsync();
        await cluster.ReadAsync(
            ConnectionShare.Reports,
            Freshness.Any,
            "SELECT pg_backend_pid()::text",
            static async (read, sql, token) =>
            {
                var process = await ReadAsync(read, sql, token);
                for (var repetition = 0; repetition < Repetitions; repetition++)
                    Assert.Equal(process, await ReadAsync(read, sql, token));
                return process;
            },
            default);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Repeated_statements_work_through_PgBouncer_unless_the_setting_prepares_them(
        bool? setting, bool fails)
    {
        await using var cluster = await host.ConnectAsync(setting);
        var error = await Record.ExceptionAsync(async () =>
        {
            for (var repetition = 0; repetition < Repetitions; repetition++)
                await WriteAsync(cluster, "SELECT 'repeated'");
        });

        Assert.Equal(fails, error is PostgresException { SqlState: "26000" });
    }

    [Fact]
    public async Task A_pooler_that_leads_to_another_host_is_detected()
    {
        await using var other = await PostgresCluster.StartAsync(replicas: 0);
        await using var right = await host.ConnectAsync();
        await using var wrong = await PooledHost.ConnectAsync(other.Primary, host.Pooler);

        Assert.True(right.Hosts[0].State is { IsReachable: true, IsPoolerOfOtherHost: false });
        Assert.True(wrong.Hosts[0].State is { IsReachable: false, IsPoolerOfOtherHost: true });
        Assert.False(wrong.HasReadableHost);
    }

    private static Task<string> WriteAsync(Cluster cluster, string sql) => cluster.WriteStatementAsync(
        ConnectionShare.Changes,
        sql,
        static (write, sql, token) => ReadAsync(write.AsRead, sql, token),
        default);

    private static async Task<string> ReadAsync(
        ReadTransaction read, string sql, CancellationToken cancellationToken)
    {
        await using var command = read.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
