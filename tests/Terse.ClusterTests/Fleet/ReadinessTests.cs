using System.Net;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class ReadinessTests
{
    [Fact]
    public async Task A_server_is_ready_while_it_can_read_from_at_least_one_host()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        string? code = null;
        await Eventually.IsTrueAsync(async () =>
            (code = await server.CreateCodeAsync("https://example.com/")) is not null);
        await Eventually.IsTrueAsync(async () =>
            await postgres.Replicas[0].ReadAsync("SELECT count(*) FROM link") == 1);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));

        await postgres.Primary.KillAsync();
        await Eventually.IsTrueAsync(async () =>
            await server.CreateCodeAsync("https://example.com/not-now") is null);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));
        Assert.Equal("https://example.com/", await server.FollowAsync(code!));

        await postgres.Replicas[0].KillAsync();
        await Eventually.IsTrueAsync(async () =>
            await StatusOfAsync(server, "readyz") == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "livez"));

        await postgres.Replicas[0].StartAsync();
        await Eventually.IsTrueAsync(async () => await StatusOfAsync(server, "readyz") == HttpStatusCode.OK);
    }

    private static async Task<HttpStatusCode> StatusOfAsync(TerseProcess server, string path)
    {
        using var answer = await server.Http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }
}
