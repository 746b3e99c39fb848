using Terse.Harness;
using Terse.Storage.Postgres;
using Terse.TestSupport;

namespace Terse.ClusterTests;

public sealed class PostgresAuditTests(TestDatabases databases) : AuditContract
{
    private PostgresCluster _postgres = null!;
    private TerseProcess _server = null!;

    protected override HttpClient Http => _server.Http;

    protected override string KeyId => AdminKey.Text.Split('_')[1];

    public override async ValueTask InitializeAsync()
    {
        _postgres = await PostgresCluster.StartAsync(replicas: 0);
        _server = await TerseProcess.ServeAsync(
            _postgres.ConnectionStrings, "--Access:AdminKeyFile", AdminKey.File);
        _server.Http.DefaultRequestHeaders.Add("X-Api-Key", AdminKey.Text);
        await RetryingClient.CreateAsync(_server, "https://example.com/");
        await _postgres.Primary.ExecuteAsync("DELETE FROM audit");
    }

    public override async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _postgres.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Months_are_created_a_year_ahead_and_dropped_after_a_year()
    {
        await using var database = await databases.OpenAsync();
        var upkeep = database.Get<PostgresPartitionUpkeep>();
        await database.ExecuteAsync("INSERT INTO fake.clock VALUES ('2040-03-15Z')");
        await upkeep.RunAsync(default);
        await database.ExecuteAsync("INSERT INTO audit (action, subject) VALUES ('link.change', 'old')");
        Assert.Equal(1, await database.ReadAsync("SELECT count(*) FROM audit_204003"));

        await database.ExecuteAsync("UPDATE fake.clock SET now = '2041-03-31Z'");
        await upkeep.RunAsync(default);
        Assert.Equal(1, await database.ReadAsync("SELECT count(*) FROM audit WHERE subject = 'old'"));
        await database.ExecuteAsync("UPDATE fake.clock SET now = '2041-04-01Z'");
        await upkeep.RunAsync(default);
        Assert.Equal(0, await database.ReadAsync("SELECT count(*) FROM audit WHERE subject = 'old'"));
    }

    [Fact]
    public async Task A_row_without_a_month_is_kept_and_expires()
    {
        await using var database = await databases.OpenAsync();
        await database.ExecuteAsync("INSERT INTO fake.clock VALUES ('2060-01-01Z')");
        await database.ExecuteAsync("INSERT INTO audit (action, subject) VALUES ('link.change', 'late')");
        Assert.Equal(1, await database.ReadAsync("SELECT count(*) FROM audit_rest"));
    }
}
