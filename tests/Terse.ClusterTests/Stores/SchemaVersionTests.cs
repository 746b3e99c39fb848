using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;
using Terse.Storage;
using Terse.Storage.Postgres;

namespace Terse.ClusterTests;

/// <summary>
/// Tests the schema versions that a Terse server accepts. During a rolling update, servers of two versions
/// share one database.
/// </summary>
public sealed class SchemaVersionTests(TestDatabases databases)
{
    private const string AddToVersion = "UPDATE schema_version SET version = version + $1";
    private const string ReadVersion = "SELECT version::bigint FROM schema_version";

    [Theory]
    [InlineData(-2, "terse migrate")]
    [InlineData(-1, null)]
    [InlineData(0, null)]
    [InlineData(1, null)]
    [InlineData(2, "or a later one")]
    public async Task A_server_without_migration_accepts_the_previous_the_own_and_the_next_schema(
        int later, string? refusal)
    {
        await using var database = await databases.OpenAsync();
        await database.ExecuteAsync(AddToVersion, later);

        await AssertRefusedAsync(
            refusal, () => PostgresMigrations.AssertServesAsync(database.Cluster, default));
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, "or a later one")]
    public async Task A_server_with_migration_does_not_change_a_later_schema(int later, string? refusal)
    {
        await using var database = await databases.OpenAsync();
        await database.ExecuteAsync(AddToVersion, later);
        var version = await database.ReadAsync(ReadVersion);

        await AssertRefusedAsync(refusal, () => PostgresMigrations.ApplyAsync(database.Cluster, default));
        Assert.Equal(version, await database.ReadAsync(ReadVersion));
    }

    [Fact]
    public async Task Without_a_schema_a_server_without_migration_names_the_command_and_creates_nothing()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        string[] settings =
            ["--Database:Migrate", "false", .. PostgresCluster.SettingsOf(postgres.ConnectionStrings)];
        var served = await Command.TerseAsync(["serve", "--urls", "http://127.0.0.1:0", .. settings]);
        var shown = await Command.TerseAsync(["codes", "show", "0abc", .. settings]);

        Assert.Equal((1, 1), (served.ExitCode, shown.ExitCode));
        Assert.Contains("terse migrate", served.Errors, StringComparison.Ordinal);
        Assert.Contains("terse migrate", shown.Errors, StringComparison.Ordinal);
        Assert.Equal(0, await postgres.Primary.ReadAsync(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"));
    }

    [Fact]
    public async Task A_database_with_an_encoding_other_than_UTF8_is_refused()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await postgres.Primary.ExecuteAsync(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
        var latin = postgres.Primary.ConnectionString
            .Replace("Database=terse", "Database=latin", StringComparison.Ordinal);
        var refused = await Command.TerseAsync("migrate", "--Database:Hosts:0", latin);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("LATIN1", refused.Errors, StringComparison.Ordinal);
    }

    /// <summary>
    /// The database has the previous schema when the server starts. The migration runs later, while replay on
    /// the replica is paused, so the replica keeps the previous schema for a while.
    /// </summary>
    [Fact]
    public async Task On_the_previous_schema_links_are_created_and_followed_and_rules_need_the_migration()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using (await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, PostgresMigrations.Load()[..^1]))
        {
            // Disposal closes the connections of the migration. The server starts below.
        }

        await using var server = await StartAsync(postgres);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        http.BaseAddress = new Uri(server.Urls.Single());
        await Eventually.IsTrueAsync(async () => await CreateAsync(http, "old") == HttpStatusCode.Created);
        await AssertRefusesRulesAsync(http);

        await postgres.Replicas[0].PauseReplayAsync();
        var migrated = await Command.TerseAsync(
            ["migrate", .. PostgresCluster.SettingsOf(postgres.ConnectionStrings)]);
        Assert.Equal((0, ""), (migrated.ExitCode, migrated.Errors));
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(http, "new", maxVisits: 3));
        Assert.Equal((HttpStatusCode.OK, null), await ShowAsync(http, "old"));
        Assert.Equal((HttpStatusCode.OK, 3), await ShowAsync(http, "new"));
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, "old"));
        Assert.Equal(HttpStatusCode.OK, await LimitAsync(http, "old"));

        await postgres.Replicas[0].ResumeReplayAsync();
        await Eventually.IsTrueAsync(async () => await ShowAsync(http, "old") == (HttpStatusCode.OK, 1));
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, "old"));
        await server.StopAsync();
    }

    private static async Task AssertRefusesRulesAsync(HttpClient http)
    {
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(http, "again", key: "key"));
        Assert.Equal((HttpStatusCode.OK, null), await ShowAsync(http, "old"));
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, "old"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await CreateAsync(http, "new", maxVisits: 3));
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable, await CreateAsync(http, "new", maxVisits: 3, key: "other"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await LimitAsync(http, "old"));
    }

    private static async Task<HttpStatusCode> CreateAsync(
        HttpClient http, string code, int? maxVisits = null, string? key = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri("api/v1/links", UriKind.Relative));
        request.Content = JsonContent.Create(new { target = "https://example.com/", code, maxVisits });
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> LimitAsync(HttpClient http, string code)
    {
        using var answer = await http.PatchAsJsonAsync($"api/v1/links/{code}", new { maxVisits = 1 });
        return answer.StatusCode;
    }

    private static async Task<(HttpStatusCode Status, int? MaxVisits)> ShowAsync(HttpClient http, string code)
    {
        using var answer = await http.GetAsync(new Uri($"api/v1/links/{code}", UriKind.Relative));
        var link = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var limit = link.GetProperty("maxVisits");
        return (answer.StatusCode, limit.ValueKind == JsonValueKind.Null ? null : limit.GetInt32());
    }

    private static async Task<HttpStatusCode> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }

    [Fact]
    public async Task Show_takes_a_code_apart_that_a_server_on_PostgreSQL_made()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        string? code = null;
        await using (var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings))
        {
            await Eventually.IsTrueAsync(async () =>
                (code = await server.CreateCodeAsync("https://example.com/")) is not null);
            Assert.Equal(0, await server.StopAsync());
        }

        var before = await postgres.Primary.ReadAsync("SELECT sum(epoch)::bigint FROM node");
        var horizon = await HorizonAsync(postgres);
        var shown = await Command.TerseAsync(
            ["codes", "show", code!, .. PostgresCluster.SettingsOf(postgres.ConnectionStrings)]);

        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        Assert.Equal("strategy  tsid", shown.OutputLines[0]);
        Assert.Contains("node      0 of 32", shown.OutputLines);
        Assert.Equal(before, await postgres.Primary.ReadAsync("SELECT sum(epoch)::bigint FROM node"));
        Assert.Equal(horizon, await HorizonAsync(postgres));
    }

    private static Task<long> HorizonAsync(PostgresCluster postgres) => postgres.Primary.ReadAsync(
        "SELECT (extract(epoch FROM closed_at) * 1000000)::bigint FROM horizon");

    private static async Task AssertRefusedAsync(string? refusal, Func<Task> start)
    {
        var refused = await Record.ExceptionAsync(start);
        Assert.Equal(refusal is not null, refused is StartupException);
        Assert.Contains(refusal ?? "", refused?.Message ?? "", StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartAsync(PostgresCluster postgres)
    {
        var hosts = postgres.ConnectionStrings.Select(
            (host, index) => new KeyValuePair<string, string?>($"Database:Hosts:{index}", host));
        var app = Program.BuildServer(
            [new("Urls", "http://127.0.0.1:0"), new("Database:Migrate", "false"), .. hosts]);
        await app.Services.GetRequiredService<IStorage>().PrepareAsync(default);
        await app.Services.GetRequiredService<IdMint>().StartAsync(default);
        await app.StartAsync();
        return app;
    }
}
