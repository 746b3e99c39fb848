using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Terse.Harness;
using Terse.Hosting;

namespace Terse.Tests.Hosting;

public sealed class SystemdNoticesTests
{
    private static readonly string ThisProcess =
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task The_watchdog_gets_a_notice_at_half_of_its_interval()
    {
        var systemd = new FakeSystemd();
        using var lifetime = new StartedLifetime();
        using var drain = new Drain(lifetime, _time);
        using var notices = Create(systemd, drain, "30000000", ThisProcess);
        await notices.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(systemd.Notices.Count == 1));
        _time.Advance(TimeSpan.FromSeconds(14));
        Assert.Single(systemd.Notices);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.IsTrueAsync(() => Task.FromResult(systemd.Notices.Count == 2));
        Assert.All(systemd.Notices, notice => Assert.Equal("WATCHDOG=1", notice));
        await notices.StopAsync(default);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("0", null)]
    [InlineData("soon", null)]
    [InlineData("30000000", "1")]
    public async Task Without_a_watchdog_of_this_process_there_are_no_notices(
        string? interval, string? process)
    {
        var systemd = new FakeSystemd();
        using var lifetime = new StartedLifetime();
        using var drain = new Drain(lifetime, _time);
        using var notices = Create(systemd, drain, interval, process);
        await notices.StartAsync(default);
        await notices.ExecuteTask!;
        Assert.Empty(systemd.Notices);
    }

    [Fact]
    public void A_server_that_drains_reports_once_that_it_stops_even_if_systemd_is_gone()
    {
        var systemd = new FakeSystemd();
        using var lifetime = new StartedLifetime();
        using var drain = new Drain(lifetime, _time);
        using var notices = Create(systemd, drain, interval: null, process: null);
        notices.NotifyReady();
        drain.Begin();
        drain.Begin();
        Assert.Equal(["READY=1", "STOPPING=1"], systemd.Notices);

        systemd.IsGone = true;
        notices.NotifyReady();
    }

    private SystemdNotices Create(FakeSystemd systemd, Drain drain, string? interval, string? process) => new(
        systemd,
        name => name switch
        {
            "WATCHDOG_USEC" => interval,
            "WATCHDOG_PID" => process,
            _ => null,
        },
        drain,
        _time,
        NullLogger<SystemdNotices>.Instance);

    private sealed class FakeSystemd : ISystemdNotifier
    {
        public ConcurrentQueue<string> Notices { get; } = [];

        public bool IsGone { get; set; }

        public bool IsEnabled => true;

        public void Notify(ServiceState state)
        {
            if (IsGone)
                throw new SocketException((int)SocketError.ConnectionRefused);
            Notices.Enqueue(state.ToString());
        }
    }
}
