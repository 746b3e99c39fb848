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
        using var first = SpoolerHarness.OpenFolder(_folder.Path, Slots, MaxBytes);
        var error = Assert.Throws<StartupException>(
            () => SpoolerHarness.OpenFolder(_folder.Path, Slots, MaxBytes));

        Assert.Contains("Visits:Folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Visits_outside_a_batch_are_counted_after_a_kill()
    {
        var folder = NewFolder();
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
        {
            Write(visits, 0, 20);
            SpoolAll(visits, epoch: 1);
            Write(visits, 20, 10);
        }

        await AssertEachCountsOnceAsync(folder, 30);
    }

    /// <summary>
    /// The ring buffer has 64 slots of 384 bytes behind a header of 4096 bytes. The sector contains parts of
    /// the slots 10 to 21; the other slots are recovered.
    /// </summary>
    [Fact]
    public void Visits_outside_of_an_unreadable_sector_of_the_ring_buffer_are_recovered()
    {
        var folder = NewFolder();
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
            Write(visits, 0, 30);
        using var log = new KeptLog();
        using var again = SpoolerHarness.OpenFolder(
            folder, Slots, MaxBytes, log, new UnreadableDisk { Unreadable = 2 * 4096 });

        Assert.InRange(again.Ring.Waiting, 18, 20);
        Assert.Single(log.Lines);
    }

    [Fact]
    public async Task Visits_of_a_server_without_a_node_are_counted_by_the_next_server()
    {
        var folder = NewFolder();
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
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
        using var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes);
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
            using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
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
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
        {
            Write(visits, 0, 20);
            SpoolAll(visits, epoch: 1);
            Write(visits, 20, 10);
        }

        // Simulates three kills during recovery: one while the process writes the new ring buffer file, and
        // two after the new file has replaced the old file but before the process writes the first batch.
        await File.WriteAllBytesAsync(RingOf(folder) + ".new", new byte[100]);
        for (var epoch = 2; epoch < 4; epoch++)
            SpoolerHarness.OpenFolder(folder, Slots, MaxBytes).Dispose();

        await AssertEachCountsOnceAsync(folder, 30);
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    /// <summary>
    /// A power loss can bring back the content of the ring buffer from before a batch. The batch itself is on
    /// the disk, because it was sent.
    /// </summary>
    [Fact]
    public async Task A_ring_from_before_a_batch_that_comes_back_counts_each_visit_exactly_once()
    {
        var folder = NewFolder();
        byte[] ring;
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
        {
            Write(visits, 0, 20);
            ring = await File.ReadAllBytesAsync(RingOf(folder));
            SpoolAll(visits, epoch: 1);
            Write(visits, 20, 10);
            SpoolAll(visits, epoch: 1);
        }

        await File.WriteAllBytesAsync(RingOf(folder), ring);
        await AssertEachCountsOnceAsync(folder, 30);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task A_ring_with_a_damaged_header_is_logged_once_and_its_visits_are_counted_as_lost(int at)
    {
        var folder = NewFolder();
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
            Write(visits, 0, 20);
        var ring = await File.ReadAllBytesAsync(RingOf(folder));
        ring[at] ^= 1;
        await File.WriteAllBytesAsync(RingOf(folder), ring);

        AssertLost(folder, lost: 20, waiting: 0);
    }

    [Fact]
    public async Task A_damaged_slot_of_a_ring_is_logged_once_and_its_visit_is_counted_as_lost()
    {
        var folder = NewFolder();
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
            Write(visits, 0, 20);
        var ring = await File.ReadAllBytesAsync(RingOf(folder));
        ring[RingHeader.Bytes + (3 * VisitRing.SlotBytes) + 15] = 0xFF; // The link's id becomes negative.
        ring[RingHeader.Bytes + (7 * VisitRing.SlotBytes)] = 0x20; // No slot has this sequence number.
        await File.WriteAllBytesAsync(RingOf(folder), ring);

        AssertLost(folder, lost: 2, waiting: 18);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5_000)]
    public void A_ring_file_of_the_wrong_size_is_logged_once(int length)
    {
        var folder = NewFolder();
        using (var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes))
            Write(visits, 0, 20);
        using (var file = File.OpenWrite(RingOf(folder)))
            file.SetLength(length);

        AssertLost(folder, lost: length / 4096 * 2, waiting: 0);
    }

    private static void AssertLost(string folder, int lost, int waiting)
    {
        using var log = new KeptLog();
        using var visits = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes, log);

        Assert.Equal((lost, waiting), (visits.Damaged.Visits, visits.Ring.Waiting));
        Assert.Contains("visits.ring is damaged", Assert.Single(log.Lines), StringComparison.Ordinal);
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
            using var next = SpoolerHarness.OpenFolder(folder, Slots, MaxBytes);
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
