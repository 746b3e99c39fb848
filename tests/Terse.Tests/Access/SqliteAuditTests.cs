using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Terse.Harness;
using Terse.TestSupport;

namespace Terse.Tests.Access;

public sealed class SqliteAuditTests : AuditContract
{
    private TerseServer _server = null!;

    protected override HttpClient Http => _server.Http;

    protected override string KeyId => "tests000";

    public override async ValueTask InitializeAsync() => _server = await TerseServer.StartAsync();

    public override async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Addresses_are_kept_only_on_request()
    {
        await using var server = await TerseServer.StartAsync(
            ("Access:AuditAddresses", "true"), ("Access:Anonymous", "loopback"));
        await server.CreateCodeAsync("https://example.com/", "sale");

        var list = await server.Http.GetFromJsonAsync<JsonElement>("/api/v1/audit?subject=/sale");

        var row = Assert.Single(list.GetProperty("audit").EnumerateArray());
        Assert.Equal("127.0.0.1", row.GetProperty("address").GetString());
    }

    [Theory]
    [InlineData("cursor=x", "cursor")]
    [InlineData("cursor=9223372036854775807-1", "cursor")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=501", "limit")]
    [InlineData("link=x", "link")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-11-22T08:30:00", "from")]
    [InlineData("until=2026-11-22T08:30", "until")]
    [InlineData("until=0001-01-01", "until")]
    [InlineData("colour=red", "colour")]
    public async Task A_wrong_parameter_is_refused_with_its_name(string query, string field)
    {
        using var response = await _server.GetAsync($"/api/v1/audit?{query}");

        await ProblemAssert.AssertProblemAsync(response, HttpStatusCode.BadRequest, "query-invalid", field);
    }

    [Fact]
    public async Task A_range_of_time_contains_only_its_rows()
    {
        await _server.CreateCodeAsync("https://example.com/", "sale");

        Assert.Equal(0, await CountAsync("from=2100-01-01"));
        Assert.Equal(0, await CountAsync("until=2020-01-01T00:00:00Z"));
        Assert.Equal(1, await CountAsync("subject=/sale&from=2020-01-01&until=2100-01-01T00:00:00%2B09:00"));
    }

    /// <summary>Every 64th row deletes the expired ones among the oldest.</summary>
    [Fact]
    public async Task A_row_is_deleted_after_a_year()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TerseServer.StartAsync(folder.Path);
        await using var database = new SqliteConnection($"Data Source={folder["terse.db"]};Pooling=false");
        await database.OpenAsync();
        await server.CreateCodeAsync("https://example.com/", "expired");
        await server.CreateCodeAsync("https://example.com/", "young");
        await MoveBackAsync("/expired", days: 367);
        await MoveBackAsync("/young", days: 364);

        for (var number = 0; number < 64; number++)
            await server.CreateCodeAsync("https://example.com/");

        Assert.Equal(0, await CountRowsAsync("/expired"));
        Assert.Equal(1, await CountRowsAsync("/young"));

        async Task MoveBackAsync(string subject, int days)
        {
            await using var update = database.CreateCommand();
            update.CommandText = "UPDATE audit SET at = at - $days * 86400000 WHERE subject = $subject";
            update.Parameters.AddWithValue("$days", days);
            update.Parameters.AddWithValue("$subject", subject);
            Assert.Equal(1, await update.ExecuteNonQueryAsync());
        }

        async Task<long> CountRowsAsync(string subject)
        {
            await using var select = database.CreateCommand();
            select.CommandText = "SELECT count(*) FROM audit WHERE subject = $subject";
            select.Parameters.AddWithValue("$subject", subject);
            return (long)(await select.ExecuteScalarAsync())!;
        }
    }

    private async Task<int> CountAsync(string query)
    {
        var list = await _server.Http.GetFromJsonAsync<JsonElement>($"/api/v1/audit?{query}");
        return list.GetProperty("audit").GetArrayLength();
    }
}
