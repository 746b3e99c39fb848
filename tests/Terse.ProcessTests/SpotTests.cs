using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

/// <summary>The published program on a machine with the metadata service of EC2.</summary>
public sealed class SpotTests
{
    [Fact]
    public async Task A_notice_of_Spot_drains_the_server_which_then_ends_in_order()
    {
        await using var cloud = await MetadataServer.StartAsync("spot");
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(cloud, folder, "00:00:05");
        var fleet = await server.ReadAsync("/api/v1/fleet");
        var code = await server.CreateCodeAsync("https://example.com/spot");
        cloud[MetadataServer.Interruption] = """{"action": "terminate", "time": "2026-11-28T12:02:00Z"}""";
        await Eventually.IsTrueAsync(async () =>
        {
            using var ready = await server.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
        });

        Assert.Equal("https://example.com/spot", await server.FollowAsync(code!));
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Equal(1, server.CountLogged("AWS takes this Spot instance back"));
        Assert.Equal(
            MetadataServer.Zone, fleet.GetProperty("servers")[0].GetProperty("zone").GetString());
    }

    [Fact]
    public async Task An_instance_that_is_no_Spot_instance_is_not_asked_for_notices()
    {
        await using var cloud = await MetadataServer.StartAsync("on-demand");
        cloud[MetadataServer.Interruption] = "{}";
        using var folder = new TemporaryFolder();
        await using var server = await ServeAsync(cloud, folder, "00:00:00");
        await Eventually.IsTrueAsync(() =>
            Task.FromResult(cloud.Requests.Contains(MetadataServer.LifeCycle)));

        Assert.Equal(0, await server.StopAsync());
        Assert.Equal(
            [MetadataServer.Identity, MetadataServer.LifeCycle],
            cloud.Requests.Order(StringComparer.Ordinal));
    }

    private static Task<TerseProcess> ServeAsync(
        MetadataServer cloud, TemporaryFolder folder, string drain) =>
        TerseProcess.StartAsync(
            Repository.Program,
            [
                "serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path, "--Drain:Delay", drain,
            ],
            folder: null,
            cloud.Variable);
}
