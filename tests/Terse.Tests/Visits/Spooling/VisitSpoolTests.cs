using System.Buffers;
using Terse.Visits;

namespace Terse.Tests.Visits;

public sealed class VisitSpoolTests : SpoolFixture
{
    [Fact]
    public void Visits_are_read_as_they_were_written()
    {
        Visit[] visits =
        [
            VisitOf(1) with { Country = "DE", Referrer = "a.example", Browser = "Firefox", Os = "Android" },
            VisitOf(2) with { IsBot = true, Device = "phone", Rule = "한국어" },
            VisitOf(0) with { Outcome = RedirectOutcome.Unknown, Referrer = "bücher.example" },
        ];
        using var spool = OpenSpool();
        Assert.True(spool.TryAppend(Run, RingId, 3, visits));

        var batch = spool.Peek();
        Assert.Equal((Run, 1, false), (batch!.Run, batch.Number, batch.IsOfEarlierProcess));
        Assert.Equal(visits, batch.Visits);
        Assert.Equal(3, spool.Waiting);
    }

    /// <summary>
    /// The version before ends a batch after the texts, and reads nothing after them.
    /// </summary>
    [Fact]
    public void This_version_and_the_version_before_read_the_batches_of_each_other()
    {
        Visit[] visits = [VisitOf(1) with { Country = "DE" }, VisitOf(2)];
        var (plain, ruled) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        VisitBatchFormat.Write(plain, visits);
        VisitBatchFormat.Write(ruled, [visits[0], visits[1] with { Country = "DE", Rule = "half" }]);

        // The number of visits, two visits of 27 bytes, the number of texts, "" and "DE".
        Assert.Equal(4 + (2 * 27) + 4 + 1 + 3, plain.WrittenCount);
        Assert.Equal(visits, VisitBatchFormat.TryRead(plain.WrittenSpan));
        Assert.Equal(plain.WrittenCount + 5 + 8, ruled.WrittenCount);
        Assert.Equal(["", "half"], VisitBatchFormat.TryRead(ruled.WrittenSpan)!.Select(visit => visit.Rule));
    }

    [Theory]
    [InlineData(8, 2)] // the number of rules
    [InlineData(4, 2)] // the index of the visit
    [InlineData(2, 2)] // the index of the text
    public void A_batch_with_damaged_rules_is_not_read(int fromEnd, byte value)
    {
        var output = new ArrayBufferWriter<byte>();
        VisitBatchFormat.Write(output, [VisitOf(1), VisitOf(2) with { Rule = "half" }]);
        var bytes = output.WrittenSpan.ToArray();
        Assert.NotNull(VisitBatchFormat.TryRead(bytes));
        Assert.Null(VisitBatchFormat.TryRead(bytes.AsSpan(0, bytes.Length - 1)));

        bytes[^fromEnd] = value;
        Assert.Null(VisitBatchFormat.TryRead(bytes));
    }

    [Fact]
    public void A_batch_stays_until_it_is_acknowledged()
    {
        using var spool = OpenSpool();
        spool.TryAppend(Run, RingId, 1, [VisitOf(1)]);
        spool.TryAppend(Run, RingId, 3, [VisitOf(2), VisitOf(3)]);
        Assert.Equal(1, spool.Peek()?.Number);
        Assert.Equal(1, spool.Peek()?.Number);
        spool.Acknowledge();

        Assert.Equal(2, spool.Peek()?.Number);
        Assert.Equal(2, spool.Waiting);
        spool.Acknowledge();
        Assert.Null(spool.Peek());
        Assert.Equal(0, spool.Waiting);
    }

    [Fact]
    public void Batches_of_an_earlier_process_are_sent_from_the_first_unacknowledged_batch()
    {
        using (var spool = OpenSpool())
        {
            for (var number = 1; number <= 3; number++)
                spool.TryAppend(Run, RingId, number * 10, [VisitOf(number)]);
            spool.Peek();
            spool.Acknowledge();
        }

        using var next = OpenSpool();
        Assert.Equal((2, 30), (next.Waiting, next.EndOf(RingId)));
        next.TryAppend(new VisitRun(3, 12), RingId + 1, 5, [VisitOf(4)]);
        var sent = new List<(long Epoch, long Number)>();
        for (; next.Peek() is { } batch; next.Acknowledge())
            sent.Add((batch.Run.Epoch, batch.Number));

        Assert.Equal([(11, 2), (11, 3), (12, 1)], sent);
        Assert.Equal(0, next.EndOf(RingId));
        Assert.Equal(5, next.EndOf(RingId + 1));
        Assert.EndsWith("3-12-1.spool", Assert.Single(Files), StringComparison.Ordinal);
    }

    /// <summary>
    /// The process is killed after it kept the refused batch, and before its spool file shows this.
    /// </summary>
    [Fact]
    public void A_refused_batch_that_is_set_aside_twice_is_kept_once()
    {
        using (var spool = OpenSpool())
            spool.TryAppend(Run, RingId, 2, [VisitOf(1), VisitOf(2)]);
        var waiting = File.ReadAllBytes(Files.Single());
        for (var attempt = 0; attempt < 2; attempt++)
        {
            File.WriteAllBytes(Folder["3-11-1.spool"], waiting);
            using var spool = OpenSpool();
            var batch = spool.Peek()!;
            Assert.True(batch.IsOfEarlierProcess);
            Assert.True(spool.TrySetAside(batch, batch.Visits));
            Assert.Null(spool.Peek());
            Assert.Equal(1, spool.Refused.Count);
        }

        Assert.Single(Directory.GetFiles(Folder[RefusedBatches.FolderName]));
    }

    [Fact]
    public void A_truncated_file_has_only_its_complete_batches()
    {
        var lengths = new List<long>();
        using (var spool = OpenSpool())
        {
            for (var number = 1; number <= 4; number++)
            {
                spool.TryAppend(Run, RingId, number * 10, [VisitOf(number), VisitOf(-number)]);
                lengths.Add(new FileInfo(Files.Single()).Length);
            }
        }

        var whole = File.ReadAllBytes(Files.Single());
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Files.Single(), whole[..length]);
            using var torn = OpenSpool();
            var batches = lengths.Count(end => end <= length);
            Assert.Equal((batches * 2, batches * 10), (torn.Waiting, torn.EndOf(RingId)));
        }
    }

    [Fact]
    public void A_damaged_batch_ends_the_file()
    {
        using (var spool = OpenSpool())
        {
            spool.TryAppend(Run, RingId, 1, [VisitOf(1)]);
            spool.TryAppend(Run, RingId, 2, [VisitOf(2)]);
        }

        var whole = File.ReadAllBytes(Files.Single());
        var second = 64 + ((whole.Length - 64) / 2);
        for (var index = second; index < whole.Length; index++)
        {
            var spoiled = (byte[])whole.Clone();
            spoiled[index] ^= 0x10;
            File.WriteAllBytes(Files.Single(), spoiled);
            using var spool = OpenSpool();
            Assert.Equal((1, 1), (spool.Waiting, spool.EndOf(RingId)));
        }
    }

    [Fact]
    public void A_full_spool_refuses_batches_until_a_whole_file_is_acknowledged()
    {
        using var spool = OpenSpool();
        var end = 0L;
        while (spool.TryAppend(Run, RingId, end + 1000, [.. Enumerable.Range(0, 1000).Select(VisitOf)]))
            end += 1000;
        Assert.InRange(Files.Sum(file => new FileInfo(file).Length), MaxBytes, MaxBytes + (1 << 16));
        Assert.InRange(Files.Length, 10, 20);
        while (!spool.TryAppend(Run, RingId, end + 1, [VisitOf(1)]))
        {
            Assert.NotNull(spool.Peek());
            spool.Acknowledge();
        }

        Assert.InRange(spool.Waiting, end / 2, end);
    }

    [Fact]
    public void A_spool_whose_batches_are_acknowledged_at_once_stays_small()
    {
        using var spool = OpenSpool();
        for (var number = 1; number <= 500; number++)
        {
            Assert.True(spool.TryAppend(Run, RingId, number, [.. Enumerable.Range(0, 100).Select(VisitOf)]));
            Assert.Equal(number, spool.Peek()?.Number);
            spool.Acknowledge();
        }

        Assert.InRange(Files.Length, 1, 2);
        Assert.InRange(Files.Sum(file => new FileInfo(file).Length), 0, 1 << 18);
    }

    [Fact]
    public void A_repeated_run_continues_the_batch_numbers()
    {
        using (var spool = OpenSpool())
            spool.TryAppend(Run, RingId, 1, [VisitOf(1)]);
        using var again = OpenSpool();
        again.TryAppend(Run, RingId + 1, 1, [VisitOf(2)]);
        Assert.Equal(1, again.Peek()?.Number);
        again.Acknowledge();

        Assert.Equal(2, again.Peek()?.Number);
        Assert.Equal(VisitOf(2), Assert.Single(again.Peek()!.Visits));
    }

    /// <summary>The test damages each byte of the second of three batches, one after the other.</summary>
    [Fact]
    public void A_damaged_batch_is_skipped_and_the_batches_after_it_are_sent()
    {
        var ends = AppendThree();
        var whole = File.ReadAllBytes(Files.Single());
        for (var index = ends[0]; index < ends[1]; index++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[index] ^= 0x10;
            File.WriteAllBytes(Files.Single(), damaged);
            File.Delete(Folder[DamagedVisits.FileName]);
            var damage = new DamagedVisits(Folder.Path, Log);
            using var spool = new VisitSpool(Folder.Path, MaxBytes, NoDisk.Instance, damage);
            Assert.Equal((2, 5), (spool.Waiting, spool.EndOf(RingId)));
            AssertSentExceptSecond(spool);
            Assert.Equal((1, 3), (damage.Batches, damage.Visits));
            Assert.Equal(
                damaged[(int)ends[0]..(int)ends[1]], File.ReadAllBytes(Folder[DamagedVisits.FileName]));
            File.WriteAllBytes(Folder["3-11-1.spool"], whole);
        }

        Assert.Equal(ends[1] - ends[0], Log.Lines.Count);
    }

    [Fact]
    public void A_batch_that_is_damaged_while_the_server_runs_is_skipped_too()
    {
        var ends = new List<long>();
        using var spool = OpenSpool();
        AppendThree(spool, ends);
        const FileShare Share = FileShare.ReadWrite;
        using (var file = File.OpenHandle(Files.Single(), FileMode.Open, FileAccess.Write, Share))
            RandomAccess.Write(file, [1, 2, 3], ends[0] + 40);

        Assert.Equal(5, spool.Waiting);
        AssertSentExceptSecond(spool);
        Assert.Single(Log.Lines);
    }

    /// <summary>
    /// The batch has the right checksum, but its visits are in an unknown format, as a different version of
    /// the program might write them.
    /// </summary>
    [Fact]
    public void A_batch_in_an_unknown_format_is_skipped()
    {
        var ends = AppendThree();
        var whole = File.ReadAllBytes(Files.Single());
        var second = SpoolFrame.Read(whole.AsSpan((int)ends[0]), after: 1)!;
        var payload = Enumerable.Repeat((byte)0xFF, second.PayloadBytes).ToArray();
        var header = SpoolFrame.WriteHeader(second.Number, second.End, second.Visits, payload);
        File.WriteAllBytes(
            Files.Single(), [.. whole[..(int)ends[0]], .. header, .. payload, .. whole[(int)ends[1]..]]);

        using var spool = OpenSpool();
        AssertSentExceptSecond(spool);
        Assert.Single(Log.Lines);
    }

    /// <summary>
    /// Without the header, it is unknown from which ring buffer the visits come. So they count as the visits
    /// of every ring buffer, and no visit counts twice.
    /// </summary>
    [Fact]
    public void Batches_of_a_file_with_a_damaged_header_are_sent()
    {
        AppendThree();
        var bytes = File.ReadAllBytes(Files.Single());
        bytes[2] ^= 1;
        File.WriteAllBytes(Files.Single(), bytes);
        using var spool = OpenSpool();

        Assert.Equal(5, spool.EndOf(RingId + 1));
        Assert.Equal([1, 2, 3], SendAll(spool));
        Assert.Single(Log.Lines);
    }

    [Fact]
    public void A_file_of_a_different_version_stays_as_it_is()
    {
        AppendThree();
        var bytes = File.ReadAllBytes(Files.Single());
        bytes[7]++;
        File.WriteAllBytes(Files.Single(), bytes);
        using var spool = OpenSpool();

        Assert.Empty(SendAll(spool));
        Assert.Equal(bytes, File.ReadAllBytes(Files.Single()));
    }

    [Fact]
    public void The_file_of_unreadable_bytes_has_a_maximum_size()
    {
        var damage = new DamagedVisits(Folder.Path, Log);
        for (var number = 0; number < 9; number++)
            damage.AddBatches("file", new byte[1_000_000], batches: 1, visits: 2);

        Assert.Equal(DamagedVisits.MaxFileBytes, new FileInfo(Folder[DamagedVisits.FileName]).Length);
        Assert.Equal((9, 18), (damage.Batches, damage.Visits));
    }

    [Fact]
    public void A_batch_is_sent_only_after_the_disk_has_stored_it()
    {
        var disk = new FailingDisk { IsFailing = true };
        using var spool = new VisitSpool(
            Folder.Path, MaxBytes, disk, new DamagedVisits(Folder.Path, Log));
        spool.TryAppend(Run, RingId, 1, [VisitOf(1)]);
        Assert.Throws<IOException>(() => spool.Peek());
        disk.IsFailing = false;

        Assert.Equal(1, spool.Peek()?.Number);
        Assert.Equal([Files.Single(), Folder.Path], disk.Synced);
        spool.TryAppend(Run, RingId, 2, [VisitOf(2)]);
        spool.TryAppend(Run, RingId, 3, [VisitOf(3)]);
        spool.Acknowledge();
        Assert.Equal([2, 3], SendAll(spool));
        Assert.Equal([Files.Single(), Folder.Path, Files.Single()], disk.Synced);
    }

    private sealed class FailingDisk : IVisitDisk
    {
        public bool IsFailing { get; set; }

        public List<string> Synced { get; } = [];

        public void Sync(string path)
        {
            if (IsFailing)
                throw new IOException("The disk is lost.");
            Synced.Add(path);
        }
    }
}
