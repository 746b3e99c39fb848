using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Fleet;
using Terse.Harness;
using Terse.Hosting;
using Terse.Ids;

namespace Terse.Tests.Fleet;

public sealed class ServerReporterTests
{
    private static readonly ServerReport Self = new("web-1", null, null, "1.0", "0123456789ab", null);

    [Fact]
    public async Task What_goes_wrong_is_logged_once_until_it_goes_well_again_and_ends_nothing()
    {
        var lost = new StoreUnavailableException("lost");
        var bug = new InvalidOperationException("a bug");
        var store = new FlakyStore([lost, lost, lost, null, null, bug, bug, null]);
        var log = await RunAsync(store, told: 10);

        Assert.Equal(2, log.Lines.Count);
        Assert.EndsWith("lost", log.Lines.First(), StringComparison.Ordinal);
        Assert.EndsWith("a bug", log.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_goes_on_saying_since_when_it_serves_and_takes_itself_off_the_list_at_its_end()
    {
        var store = new FlakyStore([new StoreUnavailableException("lost"), null, null]);
        await RunAsync(store, told: 4);

        Assert.Equal([null, null, FlakyStore.Since, FlakyStore.Since], store.Told.Take(4));
        Assert.Equal(FlakyStore.Since, store.Forgotten?.Since);
    }

    private static async Task<KeptLog> RunAsync(FlakyStore store, int told)
    {
        await using var server = await TerseServer.StartAsync();
        using var log = new KeptLog();
        using var logging = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var reporter = new ServerReporter(
            store,
            Self,
            server.Services.GetRequiredService<IdMint>(),
            new QuickTime(),
            logging.CreateLogger<ServerReporter>());
        await reporter.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(store.Told.Count >= told));
        await reporter.StopAsync(default);
        return log;
    }

    /// <summary>Fails as it is told to, one time after the other; then it goes well.</summary>
    private sealed class FlakyStore(Exception?[] errors) : IFleetStore
    {
        public static readonly DateTimeOffset Since = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);

        private readonly List<DateTimeOffset?> _told = [];

        public IReadOnlyList<FleetHost> Hosts => [];

        /// <summary>Since when the server says that it serves.</summary>
        public IReadOnlyList<DateTimeOffset?> Told
        {
            get
            {
                lock (_told)
                    return [.. _told];
            }
        }

        public ServerReport? Forgotten { get; private set; }

        public Task<IReadOnlyList<FleetServer>> ReadServersAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<FleetServer>>([]);

        public Task<DateTimeOffset> TellAsync(ServerReport report, CancellationToken cancellationToken)
        {
            int told;
            lock (_told)
            {
                told = _told.Count;
                _told.Add(report.Since);
            }

            return told < errors.Length && errors[told] is { } error
                ? Task.FromException<DateTimeOffset>(error)
                : Task.FromResult(Since);
        }

        public Task ForgetAsync(ServerReport report, CancellationToken cancellationToken)
        {
            Forgotten = report;
            return Task.CompletedTask;
        }
    }
}
