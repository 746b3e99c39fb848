using Terse.Harness;
using Terse.Hosting;
using Terse.Visits;

namespace Terse.Tests.Visits;

/// <summary>
/// Simulates a process that is killed at any point, and checks that the next process recovers each visit
/// exactly once.
/// </summary>
public sealed class VisitFolderTests : IDisposable
{
    private const int Slots = 64;
    private const long MaxBytes = 1 << 20;

    private readonly TemporaryFolder _folder = new();
    private int _folders;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_server_on_the_same_folder_fails_with_advice()
    {
        using var first = new VisitFolder(_folder.Path, Slots, MaxBytes);
        var error = Assert.Throws<StartupException>(() => new VisitFolder(_folder.Path, Slots, MaxBytes));

        Assert.Contains("Visits:Folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Visits_outside_a_batch_are_counted_after_a_kill()
    {
        var folder = NewFolder();
        using (var visits = new VisitFolder(folder, Slots, MaxBytes))
        {
            Write(visits, 0, 20);
            SpoolAll(visits, epoch: 1);
            Write(visits, 20, 10);
        }

        await AssertEachCountsOnceAsync(folder, 30);
    }

    [Fact]
    public async Task Visits_of_a_server_without_a_node_are_counted_by_the_next_server()
    {
        var folder = NewFolder();
        using (var visits = new VisitFolder(folder, Slots, MaxBytes))
        {
            Write(visits, 0, Slots);
            new SpoolerHarness(visits, null).Spooler.SpoolAll();
        }

        await AssertEachCountsOnceAsync(folder, Slots);
    }

    /// <summary>
    /// The test truncates the last batch in the spool file to every possible length, while the ring buffer
    /// still contains the visits of the batch. A kill leaves one of these states if the server has begun to
    /// write the batch and has not yet released the slots of the ring buffer.
    /// </summary>
    [Fact]
    public async Task A_kill_at_any_byte_of_a_batch_counts_each_visit_exactly_once()
    {
        var folder = NewFolder();
        using var visits = new VisitFolder(folder, Slots, MaxBytes);
        var spooler = new SpoolerHarness(visits, new VisitRun(0, 1)).Spooler;
        for (var batch = 0; batch < 2; batch++)
        {
            Write(visits, batch * 50, 50);
            Assert.True(spooler.SpoolAll());
        }

        Write(visits, 100, 5);
        var ring = await File.ReadAllBytesAsync(RingOf(folder));
        var before = (await File.ReadAllBytesAsync(SpoolOf(folder))).Length;
        spooler.SpoolAll();
        var after = await File.ReadAllBytesAsync(SpoolOf(folder));
        Assert.InRange(after.Length - before, 100, 1000);
        for (var length = before; length <= after.Length; length++)
        {
            var killed = NewFolder();
            await File.WriteAllBytesAsync(RingOf(killed), ring);
            var spool = Path.Combine(killed, Path.GetFileName(SpoolOf(folder)));
            await File.WriteAllBytesAsync(spool, after[..length]);
            await AssertEachCountsOnceAsync(killed, 105);
        }
    }

    [Fact]
    public async Task A_kill_after_any_released_slot_counts_each_visit_exactly_once()
    {
        for (var released = 0; released <= 20; released++)
        {
            var folder = NewFolder();
            using (var visits = new VisitFolder(folder, Slots, MaxBytes))
            {
                Write(visits, 0, 20);
                var batch = Enumerable.Range(0, 20).Select(SpoolerHarness.VisitOf).ToList();
                visits.Spool.TryAppend(new VisitRun(0, 1), visits.Ring.Id, 20, batch);
                visits.Ring.Release(released);
                Write(visits, 20, 5);
            }

            await AssertEachCountsOnceAsync(folder, 25);
        }
    }

    [Fact]
    public async Task A_kill_during_recovery_counts_each_visit_exactly_once()
    {
        var folder = NewFolder();
        using (var visits = new VisitFolder(folder, Slots, MaxBytes))
        {
            Write(visits, 0, 20);
            SpoolAll(visits, epoch: 1);
            Write(visits, 20, 10);
        }

        // Simulates three kills during recovery: one while the process writes the new ring buffer file, and
        // two after the new file has replaced the old file but before the process writes the first batch.
        await File.WriteAllBytesAsync(RingOf(folder) + ".new", new byte[100]);
        for (var epoch = 2; epoch < 4; epoch++)
            new VisitFolder(folder, Slots, MaxBytes).Dispose();

        await AssertEachCountsOnceAsync(folder, 30);
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    private static string RingOf(string folder) => Path.Combine(folder, "visits.ring");

    private static string SpoolOf(string folder) => Directory.GetFiles(folder, "*.spool").Single();

    private static void Write(VisitFolder visits, int first, int count)
    {
        for (var link = first; link < first + count; link++)
            Assert.True(visits.Ring.TryWrite(SpoolerHarness.InputOf(link)));
    }

    private static void SpoolAll(VisitFolder visits, long epoch) =>
        Assert.True(new SpoolerHarness(visits, new VisitRun(0, epoch)).Spooler.SpoolAll());

    /// <summary>
    /// Recovers and counts the visits of the folder twice, as if the process were killed again after the
    /// first recovery.
    /// </summary>
    private static async Task AssertEachCountsOnceAsync(string folder, int visits)
    {
        var store = new CountingStore();
        for (var epoch = 10; epoch < 12; epoch++)
        {
            using var next = new VisitFolder(folder, Slots, MaxBytes);
            SpoolAll(next, epoch);
            for (; next.Spool.Peek() is { } batch; next.Spool.Acknowledge())
                await store.AddAsync(batch, default);
        }

        Assert.Equal(visits, store.Counts.Count);
        Assert.All(store.Counts, visit => Assert.Equal(1, visit.Value));
    }

    private string NewFolder()
    {
        var folder = _folder[$"{_folders++}"];
        Directory.CreateDirectory(folder);
        return folder;
    }
}
