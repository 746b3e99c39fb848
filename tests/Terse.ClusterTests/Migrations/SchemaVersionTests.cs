using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Terse.Harness;
using Terse.Horizon;
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
            refusal, () => PostgresMigrations.AssertServesAsync(database.Cluster, Freshness.Latest, default));
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, "or a later one")]
    public async Task A_server_with_migration_does_not_change_a_later_schema(int later, string? refusal)
    {
        await using var database = await databases.OpenAsync();
        await database.ExecuteAsync(AddToVersion, later);
        var version = await database.ReadAsync(ReadVersion);

        await AssertRefusedAsync(
            refusal,
            () => PostgresMigrations.TryApplyAsync(database.Cluster, TimeProvider.System, default));
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
    public async Task Links_are_created_followed_and_changed_before_during_and_after_the_migration()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await MigrateToPreviousAsync(postgres);
        await using var server = await StartAsync(postgres);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        http.BaseAddress = new Uri(server.Urls.Single());
        // A link with a limit is followed only for the visit of a person.
        http.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
        await Eventually.IsTrueAsync(async () => await CreateAsync(http, "first") == HttpStatusCode.Created);
        await AssertServesAsync(http, "before");

        await postgres.Replicas[0].PauseReplayAsync();
        var migrated = await Command.TerseAsync(
            ["migrate", .. PostgresCluster.SettingsOf(postgres.ConnectionStrings)]);
        Assert.Equal(0, migrated.ExitCode);
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, "first"));
        await AssertServesAsync(http, "during");

        await postgres.Replicas[0].ResumeReplayAsync();
        await Eventually.IsTrueAsync(async () => await postgres.Replicas[0].ReadAsync(ReadVersion)
            == PostgresMigrations.Load().Count);
        await AssertServesAsync(http, "after");
        await server.StopAsync();
    }

    [Theory]
    [InlineData(
        """
        SELECT pg_is_in_recovery(), closed_at,
            CASE WHEN pg_is_in_recovery() THEN timeline ELSE horizon_timeline() END
        FROM horizon
        """)]
    [InlineData(
        """
        SELECT h.closed_at, h.timeline, c.domain, c.code, c.written_at
        FROM horizon AS h LEFT JOIN link_change AS c ON c.written_at > coalesce(NULL, h.closed_at)
        LIMIT 100
        """)]
    public async Task A_server_of_the_previous_version_beats_and_reads_the_horizon_on_the_current_schema(
        string select)
    {
        await using var database = await databases.OpenAsync();
        await database.ExecuteAsync("SELECT horizon_beat('225 ms', '500 ms')");

        Assert.Equal(1, await database.ReadAsync(
            $"""
            WITH read AS ({select})
            SELECT count(*) FROM read WHERE closed_at BETWEEN clock_timestamp() - interval '1 min' AND now()
            """));
    }

    private static async Task MigrateToPreviousAsync(PostgresCluster postgres)
    {
        await using var cluster = await TestDatabases.MigrateAsync(
            postgres.Primary.ConnectionString, PostgresMigrations.Load()[..^1]);
    }

    private static async Task AssertServesAsync(HttpClient http, string code)
    {
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(http, code));
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(http, code + "-limit", maxVisits: 3));
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(http, code + "-key", key: code));
        Assert.Equal((HttpStatusCode.OK, null), await ShowAsync(http, code));
        Assert.Equal((HttpStatusCode.OK, 3), await ShowAsync(http, code + "-limit"));
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, code));
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, code + "-limit"));
        Assert.Equal(HttpStatusCode.OK, await LimitAsync(http, code));
        Assert.Equal(HttpStatusCode.OK, await RenameAsync(http, code + "-limit", code + "-new"));
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, code + "-new"));
        Assert.Equal(HttpStatusCode.OK, await LockAsync(http, code));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(http, code));
        Assert.Equal(HttpStatusCode.Accepted, await EraseAsync(http, code + "-key"));
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(http, "안내/" + code));
        Assert.Equal(HttpStatusCode.Found, await GetAsync(http, $"안내/{code}/"));
        Assert.Equal(HttpStatusCode.OK, await DisableAsync(http, "안내%2F" + code));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(http, "api/v1/links?limit=1"));
        Assert.Equal(HttpStatusCode.OK, await GetAsync(http, "api/v1/tags"));
        Assert.Equal(HttpStatusCode.Created, await AddDomainAsync(http, code + ".example"));
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

    private static async Task<HttpStatusCode> DisableAsync(HttpClient http, string code)
    {
        using var answer = await http.PatchAsJsonAsync($"api/v1/links/{code}", new { enabled = false });
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> RenameAsync(HttpClient http, string code, string newCode)
    {
        using var answer = await http.PatchAsJsonAsync($"api/v1/links/{code}", new { code = newCode });
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> EraseAsync(HttpClient http, string code)
    {
        using var answer = await http.PostAsync(
            new Uri($"api/v1/links/{code}/erase", UriKind.Relative), content: null);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> LockAsync(HttpClient http, string code)
    {
        using var answer = await http.PatchAsJsonAsync(
            $"api/v1/links/{code}", new { password = "open sesame" });
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> LimitAsync(HttpClient http, string code)
    {
        using var answer = await http.PatchAsJsonAsync($"api/v1/links/{code}", new { maxVisits = 1 });
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> AddDomainAsync(HttpClient http, string name)
    {
        using var answer = await http.PostAsJsonAsync("api/v1/domains", new { name });
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

        Assert.Equal(0, shown.ExitCode);
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
        [
            new("Urls", "http://127.0.0.1:0"),
            new("Access:Anonymous", "loopback"),
            new("Database:Migrate", "false"),
            new("Codes:AllowSlash", "true"),
            new("Domains:Default", "go.example"),
            .. hosts,
        ]);
        await app.Services.GetRequiredService<IStorage>().PrepareAsync(default);
        await app.Services.GetRequiredService<IdMint>().StartAsync(default);
        await app.StartAsync();
        return app;
    }
}
