using System.Net.Http.Json;
using System.Text.Json;
using Terse.Harness;

namespace Terse.Tests.Fleet;

public sealed class FleetEndpointsTests
{
    [Fact]
    public async Task With_SQLite_the_list_of_servers_shows_this_server_only()
    {
        await using var server = await TerseServer.StartAsync(
            ("Server:Name", "web-1"),
            ("Server:Zone", "eu-1a"),
            ("Telemetry:MetricsUrl", $"http://127.0.0.1:{FreePort.Find()}"),
            ("Telemetry:AdvertisedMetricsUrl", "https://web-1.example"));
        JsonElement fleet = default;
        await Eventually.IsTrueAsync(async () =>
        {
            using var answer = await server.GetAsync("/api/v1/fleet");
            Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
            fleet = await answer.Content.ReadFromJsonAsync<JsonElement>();
            return fleet.GetProperty("servers").GetArrayLength() == 1;
        });

        var shown = fleet.GetProperty("servers")[0];
        Assert.Empty(fleet.GetProperty("hosts").EnumerateArray());
        Assert.False(fleet.TryGetProperty("serversError", out _));
        Assert.Equal("web-1", shown.GetProperty("name").GetString());
        Assert.Equal("eu-1a", shown.GetProperty("zone").GetString());
        Assert.Equal(Terse.Hosting.Server.Version, shown.GetProperty("version").GetString());
        Assert.Matches("^[0-9a-f]{12}$", shown.GetProperty("configuration").GetString());
        Assert.Equal("https://web-1.example", shown.GetProperty("metricsUrl").GetString());
        Assert.True(shown.GetProperty("answering").GetBoolean());
        Assert.True(shown.TryGetProperty("node", out _));
        Assert.True(shown.GetProperty("since").GetDateTime() <= shown.GetProperty("seenAt").GetDateTime());
    }
}
