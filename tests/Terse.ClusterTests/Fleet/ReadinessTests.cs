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
        await postgres.Replicas[0].CatchUpAsync(postgres.Primary);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));

        await postgres.Primary.KillAsync();
        await Eventually.IsTrueAsync(async () =>
            await server.CreateCodeAsync("https://example.com/not-now") is null);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));
        await Eventually.IsTrueAsync(async () =>
            await StatusOfAsync(server, "readyz/creations") == HttpStatusCode.ServiceUnavailable);
        Assert.Equal("https://example.com/", await server.FollowAsync(code!));

        await postgres.Replicas[0].KillAsync();
        await Eventually.IsTrueAsync(async () =>
            await StatusOfAsync(server, "readyz") == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "livez"));

        await postgres.Replicas[0].StartAsync();
        await Eventually.IsTrueAsync(async () => await StatusOfAsync(server, "readyz") == HttpStatusCode.OK);
    }

    /// <summary>
    /// The error of the setting ends with the host. Clients read no names of hosts and settings.
    /// </summary>
    [Fact]
    public async Task A_server_is_unready_while_a_host_with_a_wrong_setting_can_be_reached()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        var replica = postgres.Replicas[0];
        await replica.KillAsync();
        await using var server = await TerseProcess.ServeAsync(
            [
                postgres.Primary.ConnectionString,
                replica.ConnectionString + ";Options=-c session_replication_role=replica",
            ]);
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));

        await replica.StartAsync();
        await Eventually.IsTrueAsync(async () =>
            await StatusOfAsync(server, "readyz") == HttpStatusCode.ServiceUnavailable);
        using var answer = await server.Http.GetAsync(new Uri("readyz", UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Contains("log names the setting", text, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("session_replication_role", text, StringComparison.Ordinal);

        await replica.KillAsync();
        await Eventually.IsTrueAsync(async () => await StatusOfAsync(server, "readyz") == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_server_whose_settings_leave_too_few_nodes_does_not_start_and_stops_no_other_server()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var first = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        await using var second = await TerseProcess.ServeAsync(postgres.ConnectionStrings);
        using var folder = new TemporaryFolder();
        string[] options = ["--data", folder.Path, .. PostgresCluster.SettingsOf(postgres.ConnectionStrings)];
        var refused = await Command.TerseAsync(
            ["serve", "--urls", "http://127.0.0.1:0", "--Ids:NodeBits", "1", .. options]);

        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("Ids:NodeBits is 1", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("3 servers", refused.Errors, StringComparison.Ordinal);
        foreach (var server in new[] { first, second })
        {
            Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz/creations"));
            Assert.NotNull(await server.CreateCodeAsync("https://example.com/"));
        }
    }

    [Fact]
    public async Task A_server_that_finds_no_free_node_redirects_and_creates_links_once_a_node_is_free()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        string[] settings = ["--Ids:NodeBits", "0"];
        await using var holder = await TerseProcess.ServeAsync(postgres.ConnectionStrings, settings);
        var code = await holder.CreateCodeAsync("https://example.com/");
        await using var server = await TerseProcess.ServeAsync(postgres.ConnectionStrings, settings);

        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(server, "readyz"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusOfAsync(server, "readyz/creations"));
        Assert.Equal("https://example.com/", await server.FollowAsync(code!));
        Assert.Equal(0, await holder.StopAsync());
        await Eventually.IsTrueAsync(async () =>
            await StatusOfAsync(server, "readyz/creations") == HttpStatusCode.OK);
        Assert.NotNull(await server.CreateCodeAsync("https://example.com/"));
    }

    private static async Task<HttpStatusCode> StatusOfAsync(TerseProcess server, string path)
    {
        using var answer = await server.Http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }
}
