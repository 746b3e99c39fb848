using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Terse.Harness;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitSpoolerTests : IDisposable
{
    private const int Slots = 64;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_batch_has_at_most_the_maximum_number_of_visits()
    {
        const int Visits = VisitSpooler.MaxBatch + 10;
        using var visits = SpoolerHarness.OpenFolder(_folder.Path, 1 << 14, 1 << 24);
        for (var link = 0; link < Visits; link++)
            Assert.True(visits.Ring.TryWrite(SpoolerHarness.InputOf(link)));
        Assert.True(new SpoolerHarness(visits, new VisitRun(0, 1)).Spooler.SpoolAll());

        Assert.Equal((0, Visits), (visits.Ring.Waiting, visits.Spool.Waiting));
        Assert.Equal(VisitSpooler.MaxBatch, visits.Spool.Peek()?.Visits.Count);
    }

    /// <summary>
    /// The clock stands still, so only the fill level of the ring buffer can trigger a batch.
    /// </summary>
    [Fact]
    public async Task A_small_ring_is_emptied_when_it_is_half_full()
    {
        using var visits = SpoolerHarness.OpenFolder(_folder.Path, Slots, 1 << 20);
        using var spooler = new VisitSpooler(
            visits.Ring,
            visits.Spool,
            new VisitClassifier(),
            () => new VisitRun(0, 1),
            new FakeTime(DateTimeOffset.UnixEpoch),
            NullLogger<VisitSpooler>.Instance);
        for (var link = 0; link < Slots / 2; link++)
            Assert.True(visits.Ring.TryWrite(SpoolerHarness.InputOf(link)));
        await spooler.StartAsync(default);
        await Eventually.IsTrueAsync(() => Task.FromResult(visits.Ring.Waiting == 0));

        Assert.Equal(Slots / 2, visits.Spool.Waiting);
        await spooler.StopAsync(default);
    }

    [Fact]
    public void Without_a_node_visits_wait_in_the_ring()
    {
        using var visits = SpoolerHarness.OpenFolder(_folder.Path, Slots, 1 << 20);
        Assert.True(visits.Ring.TryWrite(SpoolerHarness.InputOf(1)));
        Assert.True(new SpoolerHarness(visits, run: null).Spooler.SpoolAll());

        Assert.Equal((1, 0), (visits.Ring.Waiting, visits.Spool.Waiting));
    }

    [Fact]
    public async Task A_full_spool_is_logged_once_a_minute_and_visits_wait_until_the_ring_is_full()
    {
        using var visits = SpoolerHarness.OpenFolder(_folder.Path, Slots, spoolBytes: 100);
        using var log = new KeptLog();
        using var logging = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var spooler = new VisitSpooler(
            visits.Ring,
            visits.Spool,
            new VisitClassifier(),
            () => new VisitRun(0, 1),
            new FakeTime(DateTimeOffset.UnixEpoch),
            logging.CreateLogger<VisitSpooler>());
        for (var stop = 0; stop < 4; stop++)
        {
            Assert.True(visits.Ring.TryWrite(SpoolerHarness.InputOf(stop)));
            await spooler.StopAsync(default);
        }

        Assert.Contains("Visits:SpoolBytes", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.Equal((3, 1), (visits.Ring.Waiting, visits.Spool.Waiting));
        for (var link = 3; link < Slots; link++)
            Assert.True(visits.Ring.TryWrite(SpoolerHarness.InputOf(link)));
        Assert.False(visits.Ring.TryWrite(SpoolerHarness.InputOf(Slots)));
    }

    [Fact]
    public async Task The_recorded_metric_of_a_server_excludes_visits_of_earlier_runs()
    {
        for (var start = 0; start < 3; start++)
        {
            await using var server = await TerseServer.StartAsync(_folder.Path);
            var recorder = server.Services.GetRequiredService<VisitRecorder>();
            for (var visit = 0; visit < 10; visit++)
                recorder.Record(RedirectOutcome.Unknown, 0, new DefaultHttpContext().Request);

            Assert.Equal((10, 0), (Read(server, "terse.visits.recorded"), Read(server, "terse.visits.lost")));
            Assert.InRange(
                Read(server, "terse.visits.waiting") + Read(server, "terse.visits.counted"), 10, 30);
        }
    }

    [Fact]
    public async Task Two_servers_in_one_storage_folder_need_separate_visit_folders()
    {
        await using var first = await TerseServer.StartAsync(_folder.Path);
        await Assert.ThrowsAsync<StartupException>(() => TerseServer.StartAsync(_folder.Path));
        await using var second = await TerseServer.StartAsync(
            _folder.Path, ("Visits:Folder", _folder["second"]));

        Assert.True(File.Exists(_folder["second/visits.ring"]));
        Assert.True(File.Exists(_folder["visits/visits.ring"]));
    }

    private static long Read(TerseServer server, string instrument)
    {
        var factory = server.Services.GetRequiredService<IMeterFactory>();
        var sum = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (published, enabling) =>
        {
            if (published.Name == instrument && published.Meter.Scope == factory)
                enabling.EnableMeasurementEvents(published);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => sum += value);
        listener.Start();
        listener.RecordObservableInstruments();
        return sum;
    }
}
