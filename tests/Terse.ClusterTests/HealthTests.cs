using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class HealthTests
{
    [Fact]
    public async Task A_server_is_ready_as_long_as_any_host_is_left_to_read_from()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        string? code = null;
        await Eventually.IsSoAsync(async () =>
            (code = await server.CreateCodeAsync("https://example.com/")) is not null);
        await Eventually.IsSoAsync(async () =>
            await postgres.Replicas[0].ReadAsync("SELECT count(*) FROM link") == 1);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));

        await postgres.Primary.KillAsync();
        await Eventually.IsSoAsync(async () =>
            await server.CreateCodeAsync("https://example.com/not-now") is null);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));
        Assert.Equal("https://example.com/", await server.FollowAsync(code!));

        await postgres.Replicas[0].KillAsync();
        await Eventually.IsSoAsync(async () =>
            await StatusOfAsync(server, "readyz") == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "livez"));

        await postgres.Replicas[0].StartAsync();
        await Eventually.IsSoAsync(async () => await StatusOfAsync(server, "readyz") == HttpStatusCode.OK);
    }

    private static async Task<HttpStatusCode> StatusOfAsync(TerseProcess server, string path)
    {
        using var answer = await server.Http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }
}
