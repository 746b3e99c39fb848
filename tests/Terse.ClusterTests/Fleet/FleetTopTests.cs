using System.Globalization;
using Terse.Harness;

namespace Terse.ClusterTests;

public sealed class FleetTopTests
{
    [Fact]
    public async Task Top_shows_all_servers_and_hosts_and_a_killed_server_as_unreachable()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 1);
        await using var first = await ServeAsync(postgres, "web-1");
        await using var second = await ServeAsync(postgres, "web-2");
        string? code = null;
        await Eventually.IsTrueAsync(async () =>
            (code = await second.CreateCodeAsync("https://example.com/")) is not null);
        await Eventually.IsTrueAsync(async () =>
            await TopAsync(first) is [_, _, _, _, _, var primary, var replica, _, var one, var two]
            && primary.Contains(" primary ", StringComparison.Ordinal)
            && replica.Contains(" inRotation ", StringComparison.Ordinal)
            && one.Contains(" ready ", StringComparison.Ordinal)
            && two.Contains(" ready ", StringComparison.Ordinal));

        var running = TopAsync(first);
        while (!running.IsCompleted)
            Assert.Equal("https://example.com/", await second.FollowAsync(code!));
        var lines = await running;
        Assert.Contains("  2 servers  2 hosts  ", lines[0], StringComparison.Ordinal);
        Assert.Matches("^Requests +[1-9][0-9,.]*/s followed ", lines[1]);
        Assert.Matches("^127[.]0[.]0[.]1:[0-9]+ +primary +primary +[0-9.]+ s +[0-9.]+ s +[0-9]+$", lines[5]);
        Assert.Matches("^127[.]0[.]0[.]1:[0-9]+ +replica +inRot.* +[0-9.]+ s +[0-9.]+ s +[0-9]$", lines[6]);
        Assert.Matches("^web-1 +ready +eu-web-1 +.* 0 +0 +0 +0 +", lines[8]);
        Assert.Matches("^web-2 +ready +eu-web-2 +.* [1-9][0-9,.]* +0 +0 +0 +", lines[9]);

        await second.KillAsync();
        lines = await TopAsync(first);
        Assert.Contains("  2 servers  2 hosts  1 unreachable  ", lines[0], StringComparison.Ordinal);
        Assert.Matches("^web-1 +ready ", lines[8]);
        Assert.Matches("^web-2 +unreachable +eu-web-2 .* The connection failed: Conn.*Refused[.]$", lines[9]);
    }

    /// <summary>A suspended server accepts connections, and does not answer.</summary>
    [Fact]
    public async Task A_server_that_does_not_answer_delays_the_page_by_no_more_than_the_limit()
    {
        await using var postgres = await PostgresCluster.StartAsync(replicas: 0);
        await using var first = await ServeAsync(postgres, "web-1");
        await using var second = await ServeAsync(postgres, "web-2");
        await Eventually.IsTrueAsync(async () => await TopAsync(first) is [.., var one, var two]
            && one.StartsWith("web-1", StringComparison.Ordinal)
            && two.StartsWith("web-2", StringComparison.Ordinal));

        second.Pause();
        var begin = TimeProvider.System.GetTimestamp();
        var lines = await TopAsync(first);
        // Two scrapes of 2 s each, an interval of 1 s, and the start of a process on a busy machine.
        Assert.InRange(TimeProvider.System.GetElapsedTime(begin).TotalSeconds, 1, 20);
        Assert.Matches("^web-1 +ready ", lines[^2]);
        Assert.Matches("^web-2 +unreachable .* No answer within 2 s[.]$", lines[^1]);
        second.Resume();
    }

    private static async Task<string[]> TopAsync(TerseProcess server)
    {
        var shown = await Command.TerseAsync("top", "--once", "--interval", "1s", "--server", server.Url);
        Assert.Equal((0, ""), (shown.ExitCode, shown.Errors));
        return shown.OutputLines;
    }

    private static Task<TerseProcess> ServeAsync(PostgresCluster postgres, string name) =>
        TerseProcess.ServeAsync(
            postgres.ConnectionStrings,
            "--Server:Name", name,
            "--Server:Zone", $"eu-{name}",
            "--Telemetry:MetricsUrl",
            string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}"));
}
