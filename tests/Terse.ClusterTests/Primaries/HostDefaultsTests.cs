using Npgsql;
using Terse.Harness;
using Terse.Horizon;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>
/// Tests with defaults of the database that would break the promises of a Terse server.
/// </summary>
public sealed class HostDefaultsTests(TestDatabases databases)
{
    [Fact]
    public async Task Connections_that_write_replace_the_defaults_that_break_promises()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await postgres.Primary.ExecuteAsync(
            """
            ALTER DATABASE terse SET default_transaction_isolation = 'serializable';
            ALTER DATABASE terse SET synchronous_commit = off;
            ALTER DATABASE terse SET default_transaction_read_only = on;
            ALTER DATABASE terse SET timezone = 'Asia/Seoul';
            """);
        await using var cluster = await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, PostgresMigrations.Load());

        var settings = await cluster.WriteStatementAsync(
            ConnectionShare.Nodes,
            argument: 0,
            static async (write, _, token) =>
            {
                await using var command = write.CreateCommand(
                    """
                    SELECT current_setting('transaction_isolation'), current_setting('synchronous_commit'),
                        current_setting('transaction_read_only'), current_setting('timezone')
                    """);
                await using var row = await command.ExecuteReaderAsync(token);
                await row.ReadAsync(token);
                return Enumerable.Range(0, row.FieldCount).Select(row.GetString).ToArray();
            },
            default);

        Assert.Equal(["read committed", "on", "off", "UTC"], settings);
        var found = cluster.Hosts[0].Settings!;
        Assert.Equal(("serializable", "off"), (found.Isolation, found.SynchronousCommit));
    }

    [Fact]
    public async Task A_server_does_not_start_with_primaries_of_two_installations()
    {
        await using var first = await PostgresCluster.StartAsync(replicas: 0);
        await using var second = await PostgresCluster.StartAsync(replicas: 0);
        using var folder = new TemporaryFolder();
        string[] hosts = [first.Primary.ConnectionString, second.Primary.ConnectionString];
        var refused = await Command.TerseAsync(
        [
            "serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path,
            .. PostgresCluster.SettingsOf(hosts),
        ]);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("different installations", refused.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("schema_version")]
    [InlineData("id_layout")]
    [InlineData("node")]
    public async Task A_server_without_rights_on_a_table_ends_its_start_with_the_reason(string table)
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using (await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, PostgresMigrations.Load()))
        {
            // Disposal closes the connections of the migration.
        }

        await postgres.Primary.ExecuteAsync(
            $"""
            CREATE ROLE limited LOGIN;
            GRANT ALL ON ALL TABLES IN SCHEMA public TO limited;
            REVOKE ALL ON {table} FROM limited;
            """);
        using var folder = new TemporaryFolder();
        var limited = new NpgsqlConnectionStringBuilder(postgres.Primary.ConnectionString)
        {
            Username = "limited",
        };
        var refused = await Command.TerseAsync(
        [
            "serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path, "--Database:Migrate", "false",
            .. PostgresCluster.SettingsOf([limited.ConnectionString]),
        ]);

        Assert.Equal(1, refused.ExitCode);
        Assert.DoesNotContain("Exception", refused.Errors, StringComparison.Ordinal);
        Assert.Matches("permission denied|has no rights", refused.Errors);
    }

    [Theory]
    [InlineData("off", "on")]
    [InlineData("local", "on")]
    [InlineData("remote_write", "on")]
    [InlineData("on", "on")]
    [InlineData("remote_apply", "remote_apply")]
    public async Task The_guard_raises_a_weak_synchronous_commit_and_keeps_a_stronger_one(
        string before, string after)
    {
        await using var database = await databases.OpenAsync();
        await database.ExecuteAsync("SELECT horizon_beat('0 s', '0 s')");
        await database.Cluster.WriteAsync(
            ConnectionShare.Nodes,
            (before, after),
            static async (write, expected, token) =>
            {
                await using var weaken = write.CreateCommand(
                    "SELECT set_config('synchronous_commit', $1, true)");
                weaken.Bind(expected.before);
                await weaken.ExecuteNonQueryAsync(token);
                await using var insert = write.CreateCommand(
                    """
                    INSERT INTO link (id, domain, code, target, created_at, written_at)
                    VALUES (1, '', 'a', 'https://example.com/', now(), clock_timestamp() + interval '1 min')
                    """);
                Assert.Equal(1, await insert.ExecuteNonQueryAsync(token));
                await using var show = write.CreateCommand("SELECT current_setting('synchronous_commit')");
                Assert.Equal(expected.after, (string?)await show.ExecuteScalarAsync(token));
                return 0;
            },
            default);
    }
}
