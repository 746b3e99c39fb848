using System.Net;
using Terse.Harness;

namespace Terse.ProcessTests;

public sealed class NoticeTests
{
    /// <summary>The interval of the watchdog, in microseconds.</summary>
    private const string Watchdog = "200000";

    [Fact]
    public async Task Systemd_learns_when_a_server_is_ready_makes_progress_and_begins_to_stop()
    {
        using var folder = new TemporaryFolder();
        using var notices = new NotifySocket();
        await using var server = await ServeAsync(folder, notices);

        // The first notice of the watchdog may come before the server is ready.
        await notices.WaitForAsync("READY=1");
        for (var notice = 0; notice < 5; notice++)
            Assert.Equal("WATCHDOG=1", await notices.ReceiveAsync());

        server.RequestStop();
        await notices.WaitForAsync("STOPPING=1");
        using var live = await server.Http.GetAsync(new Uri("/livez", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    private static Task<TerseProcess> ServeAsync(
        TemporaryFolder folder, NotifySocket notices) => TerseProcess.StartAsync(
            Repository.Program,
            [
                "serve", "--urls", "http://127.0.0.1:0", "--data", folder.Path, "--Drain:Delay", "00:10:00",
            ],
            folder: null,
            ("NOTIFY_SOCKET", notices.Path),
            ("WATCHDOG_USEC", Watchdog));
}
