using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Terse.Harness;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitSenderTests : IDisposable
{
    private const int Batches = 20;
    private const int SpoolBytes = 1 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly KeptLog _log = new();
    private readonly ILoggerFactory _logging;
    private readonly VisitFolder _visits;
    private readonly VisitMetrics _metrics;

    public VisitSenderTests()
    {
        _logging = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _visits = SpoolerHarness.OpenFolder(_folder.Path, ringSlots: 64, SpoolBytes);
        _metrics = new VisitMetrics(
            _services.GetRequiredService<IMeterFactory>(), _visits);
    }

    public void Dispose()
    {
        _visits.Dispose();
        _services.Dispose();
        _logging.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_visit_counts_once_if_the_store_fails_or_loses_responses()
    {
        const int Seed = 1;
        var random = new Random(Seed);
        var store = new CountingStore { Fault = _ => (StoreFault)random.Next(3) };
        using var shipper = await StartAsync(store);
        await Eventually.IsTrueAsync(() => Task.FromResult(_visits.Spool.Waiting == 0));
        await shipper.StopAsync(default);

        Assert.Equal(Batches, store.Counts.Count);
        Assert.All(store.Counts, visit => Assert.Equal(1, visit.Value));
        Assert.InRange(store.Calls, Batches + 1, int.MaxValue);
        Assert.Equal(Batches, _metrics.Counted);
    }

    [Fact]
    public async Task An_outage_is_logged_once_and_a_bug_does_not_end_the_sender()
    {
        var store = new CountingStore
        {
            Fault = call => call switch
            {
                < 3 => StoreFault.Down,
                3 => throw new InvalidOperationException("a bug"),
                _ => StoreFault.None,
            },
        };
        using var shipper = await StartAsync(store);
        await Eventually.IsTrueAsync(() => Task.FromResult(_visits.Spool.Waiting == 0));
        await shipper.StopAsync(default);

        Assert.EndsWith("again: lost", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shutdown_sends_all_waiting_batches_without_pauses()
    {
        var store = new CountingStore();
        using var shipper = await StartAsync(store, TimeProvider.System);
        await shipper.StopAsync(default);

        Assert.Equal(Batches, store.Counts.Count);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task A_shutdown_without_a_database_keeps_the_visits_and_logs_their_number()
    {
        var store = new CountingStore { Fault = _ => StoreFault.Down };
        using var shipper = await StartAsync(store);
        await shipper.StopAsync(default);

        Assert.StartsWith($"{Batches} visits wait", _log.Lines.Last(), StringComparison.Ordinal);
        Assert.Equal(Batches, _visits.Spool.Waiting);
    }

    [Fact]
    public async Task A_batch_that_the_database_always_refuses_is_kept_on_the_disk_and_the_next_ones_count()
    {
        var store = new CountingStore
        {
            Fault = call => call < 8 ? StoreFault.Down : StoreFault.None,
            Refuses = batch => batch.Number == 3,
        };
        using var sender = await StartAsync(store);
        await Eventually.IsTrueAsync(() => Task.FromResult(_visits.Spool.Waiting == 0));
        await sender.StopAsync(default);

        Assert.Equal(Batches - 1, store.Counts.Count);
        Assert.Equal((Batches - 1, 1), (_metrics.Counted, _metrics.Refused));
        Assert.Equal(8 + Batches - 1 + VisitSender.MaxRefusals, store.Calls);
        Assert.Single(_log.Lines, line => line.Contains("refuses 1 visits", StringComparison.Ordinal));
        var kept = Assert.Single(Directory.GetFiles(_folder[RefusedBatches.FolderName]));
        await AssertCountsAsync(kept, store);
    }

    [Fact]
    public async Task A_batch_stays_in_the_spool_when_too_many_refused_batches_are_kept()
    {
        Directory.CreateDirectory(_folder[RefusedBatches.FolderName]);
        await File.WriteAllBytesAsync(
            Path.Combine(_folder[RefusedBatches.FolderName], "many"), new byte[SpoolBytes / 4]);
        var store = new CountingStore { Refuses = batch => batch.Number == 3 };
        using var sender = await StartAsync(store);
        await Eventually.IsTrueAsync(() => Task.FromResult(store.Calls > 3 * VisitSender.MaxRefusals));
        await sender.StopAsync(default);

        Assert.Equal(Batches - 2, _visits.Spool.Waiting);
        Assert.Equal(0, _metrics.Refused);
    }

    /// <summary>Moves the file of a refused batch back to the spool. Its visits must count once.</summary>
    private static async Task AssertCountsAsync(string kept, CountingStore store)
    {
        using var folder = new TemporaryFolder();
        File.Move(kept, folder[Path.GetFileName(kept)]);
        using var visits = SpoolerHarness.OpenFolder(folder.Path, ringSlots: 64, SpoolBytes);
        Assert.True(await store.AddAsync(visits.Spool.Peek()!, default));
        visits.Spool.Acknowledge();
        Assert.Null(visits.Spool.Peek());
        Assert.Equal(Batches, store.Counts.Count);
    }

    [Theory]
    [InlineData(2, 0.5, 0, false, 0)]
    [InlineData(2, 0.5, 0.5, false, 19)]
    [InlineData(2, 59, 1, false, 38)]
    [InlineData(2, 59, 3, false, 38)]
    [InlineData(2, 61, 0.5, false, 0)]
    [InlineData(2, 61, 3, false, 30_000)]
    [InlineData(2, 61, 3, true, 0)]
    [InlineData(2, 0.5, 0.5, true, 0)]
    [InlineData(1_900, 1, 1, false, 30_000)]
    public void The_pause_grows_with_the_load_and_ends_for_old_visits(
        double tookMs, double ageSeconds, double load, bool isHalfFull, double restMs) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(restMs),
            VisitSender.PauseAfter(
                TimeSpan.FromMilliseconds(tookMs), TimeSpan.FromSeconds(ageSeconds), load, isHalfFull));

    private async Task<VisitSender> StartAsync(CountingStore store, TimeProvider? time = null)
    {
        for (var batch = 0; batch < Batches; batch++)
        {
            _visits.Spool.TryAppend(
                new VisitRun(0, 1), _visits.Ring.Id, batch + 1, [SpoolerHarness.VisitOf(batch)]);
        }

        var shipper = new VisitSender(
            _visits.Spool, store, _metrics, time ?? new QuickTime(), _logging.CreateLogger<VisitSender>());
        await shipper.StartAsync(default);
        return shipper;
    }
}
