using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Fleet;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Tests.Fleet;

public sealed class ServerReporterTests
{
    private static readonly ServerReport Self =
        new("web-1", null, null, "1.0", "0123456789ab", null, null, null);

    [Fact]
    public async Task A_failing_report_is_logged_once_per_outage_and_does_not_stop_the_reporter()
    {
        var lost = new StoreUnavailableException("lost");
        var bug = new InvalidOperationException("a bug");
        var store = new FlakyStore([lost, lost, lost, null, null, bug, bug, null]);
        var log = await RunAsync(store, reports: 10);

        Assert.Equal(2, log.Lines.Count);
        Assert.EndsWith("lost", log.Lines.First(), StringComparison.Ordinal);
        Assert.EndsWith("a bug", log.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_repeats_the_time_of_its_first_report_and_removes_itself_at_shutdown()
    {
        var store = new FlakyStore([new StoreUnavailableException("lost"), null, null]);
        await RunAsync(store, reports: 4);

        Assert.Equal([null, null, FlakyStore.Since, FlakyStore.Since], store.Reported.Take(4));
        Assert.Equal(FlakyStore.Since, store.Removed?.Since);
    }

    private static async Task<KeptLog> RunAsync(FlakyStore store, int reports)
    {
        await using var server = await TerseServer.StartAsync();
        using var log = new KeptLog();
        using var logging = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var reporter = new ServerReporter(
            store,
            Self,
            server.Services.GetRequiredService<ServerIdentity>(),
            server.Services.GetRequiredService<IdMint>(),
            new QuickTime(),
            logging.CreateLogger<ServerReporter>());
        await reporter.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(store.Reported.Count >= reports));
        await reporter.StopAsync(default);
        return log;
    }

    /// <summary>
    /// A store whose reports fail as scripted: report n fails with element n of <paramref name="errors"/>.
    /// The report succeeds if this element is null or does not exist.
    /// </summary>
    private sealed class FlakyStore(Exception?[] errors) : IFleetStore
    {
        public static readonly DateTimeOffset Since = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

        private readonly List<DateTimeOffset?> _reported = [];

        public IReadOnlyList<FleetHost> Hosts => [];

        /// <summary>
        /// The value of <see cref="ServerReport.Since"/> in each report that the store has received, in order
        /// of arrival.
        /// </summary>
        public IReadOnlyList<DateTimeOffset?> Reported
        {
            get
            {
                lock (_reported)
                    return [.. _reported];
            }
        }

        public ServerReport? Removed { get; private set; }

        public Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<FleetServer>>([]);

        public Task<DateTimeOffset> ReportAsync(ServerReport report, CancellationToken cancellationToken)
        {
            int count;
            lock (_reported)
            {
                count = _reported.Count;
                _reported.Add(report.Since);
            }

            return count < errors.Length && errors[count] is { } error
                ? Task.FromException<DateTimeOffset>(error)
                : Task.FromResult(Since);
        }

        public Task RemoveAsync(ServerReport report, CancellationToken cancellationToken)
        {
            Removed = report;
            return Task.CompletedTask;
        }
    }
}
