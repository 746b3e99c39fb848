using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Terse.Tests.Fleet;

public sealed class LagEndpointsTests
{
    [Theory]
    [InlineData("", 7 * 24)]
    [InlineData("?since=12h", 12)]
    [InlineData("?since=90d", 90 * 24)]
    public async Task With_SQLite_there_are_no_lags(string query, int hours)
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await server.GetAsync($"/api/v1/fleet/lag{query}");
        var lag = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Empty(lag.GetProperty("lags").EnumerateArray());
        Assert.Equal([1, 5, 10, 60], lag.GetProperty("bounds").EnumerateArray().Select(b => b.GetInt32()));
        var since = TimeProvider.System.GetUtcNow() - lag.GetProperty("since").GetDateTimeOffset();
        Assert.InRange(since.TotalHours, hours, hours + 0.5);
    }

    [Fact]
    public async Task The_period_can_begin_at_an_instant()
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await server.GetAsync("/api/v1/fleet/lag?since=2026-11-01T01:00:00%2B01:00");
        var lag = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal("2026-11-01T00:00:00Z", lag.GetProperty("since").GetString());
    }

    [Theory]
    [InlineData("?since=", "since")]
    [InlineData("?since=7", "since")]
    [InlineData("?since=0d", "since")]
    [InlineData("?since=-1d", "since")]
    [InlineData("?since=1000000d", "since")]
    [InlineData("?since=2026-11-01", "since")]
    [InlineData("?until=7d", "until")]
    public async Task A_wrong_parameter_is_refused(string query, string parameter)
    {
        await using var server = await TerseServer.StartAsync();
        using var answer = await server.GetAsync($"/api/v1/fleet/lag{query}");

        await ProblemAssert.AssertProblemAsync(
            answer, HttpStatusCode.BadRequest, "query-invalid", field: parameter);
    }
}
