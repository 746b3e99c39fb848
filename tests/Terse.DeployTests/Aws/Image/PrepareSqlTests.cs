using Npgsql;
using Terse.Harness;

namespace Terse.DeployTests;

public sealed class PrepareSqlTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private PostgresServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        await Command.RunAsync("chmod", ["a+rwx", _folder.Path]);
        _server = await PostgresServer.StartPrimaryAsync(_folder["db"]);
        await _server.CreateDatabaseAsync();
        // As on RDS: the administrator is no superuser, and the role rds_iam exists.
        await ExecuteAsync(
            "terse",
            """
            CREATE ROLE rds_iam;
            CREATE ROLE administrator LOGIN CREATEROLE CREATEDB;
            GRANT pg_read_all_stats TO administrator WITH ADMIN OPTION;
            GRANT rds_iam TO administrator WITH ADMIN OPTION;
            CREATE ROLE installer LOGIN SUPERUSER;
            """);
        await ExecuteAsync("installer", "ALTER ROLE terse RENAME TO former");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_servers_get_a_user_that_can_create_their_tables_and_the_script_can_run_again()
    {
        await ExecuteAsync("installer", "ALTER DATABASE terse OWNER TO administrator");
        await ExecuteAsync("installer", "ALTER SCHEMA public OWNER TO administrator");
        var script = await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "deploy/aws/image/prepare.sql"));
        await ExecuteAsync("administrator", script);
        await ExecuteAsync("administrator", script);

        await ExecuteAsync(
            "terse", "CREATE TABLE of_the_servers (id int); CREATE SCHEMA horizon_of_the_servers");
        Assert.True(await AsksAsync("SELECT pg_has_role('terse', 'rds_iam', 'MEMBER')"));
        Assert.True(await AsksAsync("SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'terse'"));
        Assert.False(
            await AsksAsync("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = 'terse'"));
    }

    private async Task<bool> AsksAsync(string question)
    {
        await using var source = Open("installer");
        await using var command = source.CreateCommand(question);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string user, string sql)
    {
        await using var source = Open(user);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private NpgsqlDataSource Open(string user) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Username = user, Pooling = false });
}
